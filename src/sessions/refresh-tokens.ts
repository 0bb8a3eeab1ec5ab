import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse as parseUuid } from 'uuid';
import { KeyRing } from '../crypto/key-ring.js';

const version = 1;
const secretBytes = 32;

/**
 * Refresh tokens: WeChat's `3rd_session`, opaque to the client. Base64url of
 *
 *     version (1 byte) ‖ session id (16) ‖ generation (4) ‖ random part (32) ‖ HMAC-SHA256 of all that (32)
 *
 * The random part, 256 bits from the operating system's generator, stays the same for the session's life; the
 * database holds its SHA-256 alone, so that a copy of the database makes no token. The HMAC, with a key of the
 * environment, keeps forgeries away from the database.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly ring: KeyRing) {}

  /** The first token of a new session, and what the session's row keeps of it. */
  create(sessionId: string): { token: string; hash: Buffer } {
    const secret = randomBytes(secretBytes);
    return { token: this.write(sessionId, 0, secret), hash: createHash('sha256').update(secret).digest() };
  }

  private write(sessionId: string, generation: number, secret: Buffer): string {
    const generationBytes = Buffer.alloc(4);
    generationBytes.writeUInt32BE(generation);
    const content = Buffer.concat([Buffer.of(version), parseUuid(sessionId), generationBytes, secret]);
    return Buffer.concat([content, this.ring.hash('refresh-token', content)]).toString('base64url');
  }
}
