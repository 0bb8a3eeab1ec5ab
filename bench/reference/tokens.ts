import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { parse as parseUuid, stringify as stringifyUuid, v7 as uuidv7 } from 'uuid';
import { app, jwtAudience, jwtIssuer } from '../world/deployment.js';
import { keyedHash } from './keys.js';

const kid = process.env['SIGNING_KEY_ID']!;
const privateKey = createPrivateKey(process.env['SIGNING_KEY']!);
const publicKey = createPublicKey(privateKey);
const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })).toString('base64url');
const algorithm = 'sha256';
const dsaEncoding = 'ieee-p1363';

/** Seconds that an access token lives. */
export const accessTokenTtl = 900;
/** Seconds that a refresh token lives. */
export const refreshTokenTtl = 2_592_000;

export interface Claims {
  iss: string;
  aud: string;
  sub: string;
  sid: string;
  client_id: string;
  roles: string[];
  ver: number;
  exp: number;
}

/** A user as the statements return one. */
export interface UserRow {
  id: string;
  roles: string[];
  tokenVersion: number;
  nickname: string | null;
  avatarKey: string | null;
  phoneSealed: string | null;
  createdAt: Date;
  loggedInAt: Date;
}

const verified = new LRUCache<string, Claims>({ max: 10_000 });
const revokedSessions = new Map<string, string>();
const minimumVersions = new Map<string, number>();

/** Signs an access token for a session. */
export function signAccessToken(user: UserRow, sessionId: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: jwtIssuer,
    sub: user.id,
    aud: jwtAudience,
    exp: now + accessTokenTtl,
    iat: now,
    auth_time: Math.floor(user.loggedInAt.getTime() / 1_000),
    jti: uuidv7(),
    client_id: app.appid,
    sid: sessionId,
    ver: user.tokenVersion,
    roles: user.roles,
  };
  const content = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const signature = sign(algorithm, Buffer.from(content), { key: privateKey, dsaEncoding });
  return `${content}.${signature.toString('base64url')}`;
}

/** What the token of a request says; undefined if it is of no use. */
export function verifyBearer(authorization: string | undefined): Claims | undefined {
  if (authorization?.startsWith('Bearer ') !== true) return undefined;
  const token = authorization.slice(7);
  const claims = verified.get(token) ?? verifySignature(token);
  if (claims === undefined || claims.exp * 1_000 <= Date.now()) return undefined;
  if (revokedSessions.has(claims.sid) || claims.ver < (minimumVersions.get(claims.sub) ?? 0)) {
    return undefined;
  }
  return claims;
}

function verifySignature(token: string): Claims | undefined {
  const [tokenHeader, payload, signature, ...rest] = token.split('.');
  if (tokenHeader !== header || payload === undefined || signature === undefined || rest.length > 0) {
    return undefined;
  }
  const isGood = verify(
    algorithm,
    Buffer.from(`${tokenHeader}.${payload}`),
    { key: publicKey, dsaEncoding },
    Buffer.from(signature, 'base64url'),
  );
  if (!isGood) return undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  if (claims.iss !== jwtIssuer || claims.aud !== jwtAudience) return undefined;
  verified.set(token, claims);
  return claims;
}

/** What a refresh token says. */
export interface RefreshToken {
  sessionId: string;
  generation: number;
  secret: Buffer;
}

export function newSecret(): Buffer {
  return randomBytes(32);
}

export function hashSecret(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function formatRefreshToken({ sessionId, generation, secret }: RefreshToken): string {
  const content = Buffer.alloc(53);
  content.writeUInt8(1);
  content.set(parseUuid(sessionId), 1);
  content.writeUInt32BE(generation, 17);
  content.set(secret, 21);
  return Buffer.concat([content, keyedHash('refresh-token', content)]).toString('base64url');
}

/** Undefined if it was not made here. */
export function parseRefreshToken(token: string): RefreshToken | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== 85) return undefined;
  const content = bytes.subarray(0, 53);
  if (!timingSafeEqual(bytes.subarray(53), keyedHash('refresh-token', content))) return undefined;
  return {
    sessionId: stringifyUuid(content.subarray(1, 17)),
    generation: content.readUInt32BE(17),
    secret: content.subarray(21),
  };
}
