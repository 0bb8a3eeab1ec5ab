import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { stringify as stringifyUuid } from 'uuid';
import { KeyRing } from '../crypto/key-ring.js';
import { randomBytes } from '../crypto/random.js';

const version = 1;
const sessionIdAt = 1;
const generationAt = 17;
const secretAt = 21;
const macAt = 53;
const tokenLength = 114;

/** The content of a refresh token. */
export interface RefreshToken {
  sessionId: string;
  /** How often the session's token had been rotated when this one was created. */
  generation: number;
  secret: Buffer;
}

/**
 * Refresh tokens: WeChat's `3rd_session`, opaque to the client. Base64url of
 *
 *     version (1 byte) ‖ session id (16) ‖ generation (4) ‖ random part (32) ‖ HMAC-SHA256 of all that (32)
 *
 * The random part has 256 bits from the operating system's generator, and stays the same for the session's life. The
 * database contains only its SHA-256, so nobody can create a token from a copy of the database. The HMAC uses a key of the
 * environment. It lets the service refuse a forged token without a query. The HMAC of a web client's token is over the id of
 * the client, too: at another client, or at `/auth/refresh`, it counts as forged.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly ring: KeyRing) {}

  /** The first token of a new session, and the hash for the session's row. */
  create(sessionId: string, webClientId?: string): { token: string; hash: Buffer } {
    const secret = randomBytes(macAt - secretAt);
    const token = this.format({ sessionId, generation: 0, secret }, webClientId);
    return { token, hash: hashSecret(secret) };
  }

  /** The same for the same session and generation, whichever node makes it. */
  format({ sessionId, generation, secret }: RefreshToken, webClientId?: string): string {
    const content = Buffer.alloc(macAt);
    content.writeUInt8(version);
    content.write(sessionId.replaceAll('-', ''), sessionIdAt, 'hex');
    content.writeUInt32BE(generation, generationAt);
    content.set(secret, secretAt);
    const mac = this.ring.hash('refresh-token', ...authenticated(content, webClientId));
    return Buffer.concat([content, mac]).toString('base64url');
  }

  /** The content of a token; undefined if this deployment did not create exactly this text for this client. */
  parse(token: string, webClientId?: string): RefreshToken | undefined {
    if (token.length !== tokenLength) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    // Decoders ignore characters outside the alphabet, and the last bits. Only one text is the token.
    if (bytes.toString('base64url') !== token) return undefined;
    const content = bytes.subarray(0, macAt);
    if (content[0] !== version) return undefined;
    const mac = bytes.subarray(macAt);
    if (!this.ring.verifies(mac, 'refresh-token', ...authenticated(content, webClientId))) return undefined;
    return {
      sessionId: stringifyUuid(content.subarray(sessionIdAt, generationAt)),
      generation: content.readUInt32BE(generationAt),
      secret: content.subarray(secretAt),
    };
  }
}

/** What the HMAC is over. */
function authenticated(content: Buffer, webClientId?: string): (Buffer | string)[] {
  return webClientId === undefined ? [content] : [content, webClientId];
}

/** The hash of the random part for the session's row. */
export function hashSecret(secret: Buffer): Buffer {
  return hash('sha256', secret, 'buffer');
}
