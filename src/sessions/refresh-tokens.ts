import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse as parseUuid, stringify as stringifyUuid } from 'uuid';
import { KeyRing } from '../crypto/key-ring.js';

const version = 1;
const sessionIdAt = 1;
const generationAt = 17;
const secretAt = 21;
const macAt = 53;
const tokenLength = 114;

/** What a refresh token says. */
export interface RefreshToken {
  sessionId: string;
  /** How often the session's token was rotated when this one was made. */
  generation: number;
  secret: Buffer;
}

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
    const secret = randomBytes(macAt - secretAt);
    return { token: this.format({ sessionId, generation: 0, secret }), hash: hashSecret(secret) };
  }

  /** The same for the same session and generation, whichever node makes it. */
  format({ sessionId, generation, secret }: RefreshToken): string {
    const content = Buffer.alloc(macAt);
    content.writeUInt8(version);
    content.set(parseUuid(sessionId), sessionIdAt);
    content.writeUInt32BE(generation, generationAt);
    content.set(secret, secretAt);
    return Buffer.concat([content, this.ring.hash('refresh-token', content)]).toString('base64url');
  }

  /** What a token says; undefined where this deployment has not made it, to the last bit. */
  parse(token: string): RefreshToken | undefined {
    if (token.length !== tokenLength) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    // Decoders ignore what does not belong to the alphabet, and the last bits: only one text is the token.
    if (bytes.toString('base64url') !== token) return undefined;
    const content = bytes.subarray(0, macAt);
    if (content[0] !== version) return undefined;
    if (!this.ring.verifies(bytes.subarray(macAt), 'refresh-token', content)) return undefined;
    return {
      sessionId: stringifyUuid(content.subarray(sessionIdAt, generationAt)),
      generation: content.readUInt32BE(generationAt),
      secret: content.subarray(secretAt),
    };
  }
}

/** What the session's row keeps of the random part. */
export function hashSecret(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
