import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeyRing } from '../crypto/key-ring.js';
import { SealedBox } from '../crypto/sealed-box.js';
import { advisoryLocks, takeAdvisoryLock } from '../database/advisory-locks.js';
import { Database } from '../database/database.js';
import { type PublicJwk, SigningKey } from './signing-key.entity.js';

interface LoadedKey {
  kid: string;
  activeFrom: Date;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** A public key in a JWK Set (RFC 7517, section 4). */
export interface PublishedJwk extends PublicJwk {
  kid: string;
  use: 'sig';
  alg: 'ES256';
}

/** Milliseconds between two looks into the database for a `kid` that we do not know: anyone can make one up. */
const reloadPause = 5_000;

/** The key pairs that sign access tokens: made at the first start, sealed in the database, kept in memory. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  readonly #box: SealedBox;
  #keys: ReadonlyMap<string, LoadedKey> = new Map();
  #lastReload = -Infinity;
  #reload: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    ring: KeyRing,
  ) {
    this.#box = new SealedBox(ring, 'signing-key');
  }

  /** @throws {UnsealError} where `ENCRYPTION_KEYS` is not the one that sealed the keys */
  async onModuleInit(): Promise<void> {
    await this.createFirst();
    await this.load();
  }

  /** The key to sign with: the one that became active last. */
  current(): { kid: string; privateKey: KeyObject } {
    const [newest] = [...this.#keys.values()].toSorted(
      (a, b) => b.activeFrom.getTime() - a.activeFrom.getTime(),
    );
    if (newest === undefined) throw new Error('There is no signing key.');
    return newest;
  }

  /** The public keys as others are shown them (RFC 7517): with these, every token that is good can be checked. */
  published(): PublishedJwk[] {
    return [...this.#keys.values()].map(({ kid, publicKey }) => {
      const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
      return { kty, crv, x, y, kid, use: 'sig', alg: 'ES256' };
    });
  }

  /**
   * The public key of that name; looks into the database for one that this node has not met, but not often.
   *
   * @throws {DatabaseUnavailableError} where the last look failed: the token may be good
   */
  async find(kid: string): Promise<KeyObject | undefined> {
    const known = this.#keys.get(kid);
    if (known !== undefined) return known.publicKey;
    if (performance.now() - this.#lastReload >= reloadPause) {
      this.#lastReload = performance.now();
      this.#reload = this.load();
    }
    await this.#reload;
    return this.#keys.get(kid)?.publicKey;
  }

  /**
   * Reads the keys of the database, and makes none.
   *
   * @returns how many may sign
   * @throws {UnsealError} where `ENCRYPTION_KEYS` is not the one that sealed them
   */
  async load(): Promise<number> {
    const rows = await this.database.run((manager) => manager.find(SigningKey));
    this.#keys = new Map(
      rows
        .filter(({ retiredAt }) => retiredAt === null)
        .map(({ kid, privateKeySealed, publicJwk, activeFrom }) => [
          kid,
          {
            kid,
            activeFrom,
            privateKey: createPrivateKey(this.#box.open(privateKeySealed, kid)),
            publicKey: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }),
          },
        ]),
    );
    return this.#keys.size;
  }

  /** Nodes that start together on an empty database make one key, not one each. */
  private async createFirst(): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query(takeAdvisoryLock, [...advisoryLocks.signingKeys]);
      if ((await manager.count(SigningKey)) > 0) return;
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const publicJwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
      const kid = thumbprint(publicJwk);
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      await manager.insert(SigningKey, { kid, publicJwk, privateKeySealed: this.#box.seal(pem, kid) });
    });
  }
}

/** RFC 7638: SHA-256 of the required members in lexicographic order, without white space. */
function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
