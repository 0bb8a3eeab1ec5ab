import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { encodeJwtPart, signJwt } from '../../src/auth/sign-jwt.js';
import { FieldCipher } from '../../src/crypto/field-cipher.js';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { RefreshTokens } from '../../src/sessions/refresh-tokens.js';
import type { Databases } from '../harness/databases.js';
import { app, encryptionKey, jwtAudience, jwtIssuer } from './deployment.js';
import { fillDatabase } from './fill-database.js';
import { refreshSecret, sessionIdOf, userIdOf } from './users.js';

/** Seconds that the access tokens of a benchmark live. */
const accessTokenTtl = 3_600;

/** The key that signs access tokens. */
export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** A database with its users, and what their phones have. */
export class World {
  readonly ring = new KeyRing([encryptionKey]);
  readonly #refreshTokens = new RefreshTokens(this.ring);

  private constructor(
    readonly databaseUrl: string,
    readonly users: number,
    readonly signingKey: SigningKey,
  ) {}

  /**
   * Makes a database with so many users.
   *
   * @param migrate starts the service on it once: the service makes the tables and the signing key
   */
  static async create(
    databases: Databases,
    users: number,
    migrate: (databaseUrl: string) => Promise<void>,
  ): Promise<World> {
    const databaseUrl = await databases.create();
    await migrate(databaseUrl);
    const client = new Client(databaseUrl);
    await client.connect();
    try {
      await fillDatabase(client, users);
      return new World(databaseUrl, users, await readSigningKey(client));
    } finally {
      await client.end();
    }
  }

  /** The same world in a database of its own. Nobody may be connected to this one. */
  async copy(databases: Databases): Promise<World> {
    return new World(await databases.create(this.databaseUrl), this.users, this.signingKey);
  }

  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client(this.databaseUrl);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** An access token of a user's session. */
  accessToken(user: number, roles: string[] = []): string {
    const { kid, privateKey } = this.signingKey;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: jwtIssuer,
      sub: userIdOf(user),
      aud: jwtAudience,
      exp: now + accessTokenTtl,
      iat: now,
      auth_time: now,
      jti: uuidv7(),
      client_id: app.appid,
      sid: sessionIdOf(user),
      ver: 1,
      roles,
    };
    return signJwt(encodeJwtPart({ alg: 'ES256', typ: 'at+jwt', kid }), claims, privateKey);
  }

  /** A refresh token of a user's session, after so many rotations. */
  refreshToken(user: number, generation: number): string {
    return this.#refreshTokens.format({ sessionId: sessionIdOf(user), generation, secret: refreshSecret });
  }
}

async function readSigningKey(client: Client): Promise<SigningKey> {
  const { rows } = await client.query<{ kid: string; sealed: string }>(
    'SELECT kid, private_key_sealed AS sealed FROM signing_keys',
  );
  const { kid, sealed } = rows[0]!;
  const cipher = new FieldCipher(new KeyRing([encryptionKey]), 'signing-key');
  return { kid, privateKey: createPrivateKey(cipher.decrypt(sealed, kid)) };
}
