import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { BackgroundTask, type Task } from '../background/background-task.js';
import { KeyRing } from '../crypto/key-ring.js';
import { FieldCipher } from '../crypto/field-cipher.js';
import { advisoryLocks, takeAdvisoryLock } from '../database/advisory-locks.js';
import { DatabaseClock, readNodeClocks } from '../database/database-clock.js';
import { Database, type NamedStatement } from '../database/database.js';
import { describeError } from '../errors/describe-error.js';
import { makeKeyPair } from './key-pair.js';
import { type PublicJwk, SigningKey } from './signing-key.entity.js';

interface KeyRow extends Pick<SigningKey, 'kid' | 'privateKeySealed' | 'publicJwk'> {
  /** Milliseconds from the statement on; negative where it was active before. */
  activeIn: number;
  /** Null where no end is planned; negative where it has retired. */
  retiredIn: number | null;
  /** What time it is by the database: milliseconds since 1970. */
  now: number;
}

interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

interface LoadedKey extends KeyPair {
  kid: string;
  /** From when it may sign, until when it verifies: by `performance.now()`. */
  activeFrom: number;
  retiredAt: number;
}

/** A public key in a JWK Set (RFC 7517, section 4). */
export interface PublishedJwk extends PublicJwk {
  kid: string;
  use: 'sig';
  alg: 'ES256';
}

/**
 * Milliseconds between two looks into the database, for what a rotation has changed: also where one of them
 * comes to nothing after the five seconds that a statement has, no node needs more than the ten that are promised.
 */
const reloadIntervalMs = 2_000;

/** Milliseconds between two looks into the database for `kid`s that we do not know: anyone can make one up. */
const lookupIntervalMs = 500;

/** Time is the database's: the clocks of nodes differ. */
const readKeys: NamedStatement = {
  name: 'signing-keys-2',
  text: `
    SELECT kid, private_key_sealed AS "privateKeySealed", public_jwk AS "publicJwk",
      extract(epoch FROM active_from - now())::float8 * 1000 AS "activeIn",
      extract(epoch FROM retired_at - now())::float8 * 1000 AS "retiredIn",
      extract(epoch FROM now())::float8 * 1000 AS "now"
    FROM signing_keys`,
};

/**
 * The key pairs that sign access tokens: sealed in the database, kept in memory, the first one made at the first
 * start. When a key becomes active and when it retires is kept by the monotonic clock, so that each node does so
 * in time, wherever the database and the node's own clock are by then.
 */
@Injectable()
@BackgroundTask()
export class SigningKeysService implements Task {
  readonly #logger = new Logger(SigningKeysService.name);
  readonly #box: FieldCipher;
  #keys: ReadonlyMap<string, LoadedKey> = new Map();
  /** Phones come back with tokens of long ago: no reason to look for their keys. */
  #retired: ReadonlySet<string> = new Set();
  /** How many readings have begun, and which of them `#keys` is of. */
  #readings = 0;
  #latestReading = 0;
  #lastLook = -Infinity;
  /** The look that is still to come: shared by all who wait for it. */
  #nextLook: Promise<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reload: Promise<void> | undefined;
  /** What was logged last of reloads that failed. */
  #trouble: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: DatabaseClock,
    ring: KeyRing,
  ) {
    this.#box = new FieldCipher(ring, 'signing-key');
  }

  /** @throws {DecryptionError} where `ENCRYPTION_KEYS` is not the one that sealed the keys */
  async start(): Promise<void> {
    await this.createFirst();
    await this.load();
    this.#timer = setInterval(() => {
      this.#reload ??= this.reload().finally(() => (this.#reload = undefined));
    }, reloadIntervalMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reload;
  }

  /** The key to sign with: the one that became active last. */
  current(): { kid: string; privateKey: KeyObject } {
    const now = performance.now();
    const [newest] = this.unretired()
      .filter(({ activeFrom }) => activeFrom <= now)
      .toSorted((a, b) => b.activeFrom - a.activeFrom);
    if (newest === undefined) throw new Error('There is no signing key.');
    return newest;
  }

  /**
   * The public keys as others are shown them (RFC 7517): with these, every token that is good can be checked. The
   * key that will sign next is among them.
   */
  published(): PublishedJwk[] {
    return this.unretired().map(({ kid, publicKey }) => {
      const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
      return { kty, crv, x, y, kid, use: 'sig', alg: 'ES256' };
    });
  }

  /** Whether this node knows the key of that name, and takes tokens of it. */
  has(kid: string): boolean {
    return this.get(kid) !== undefined;
  }

  /** The public key of that name, if this node knows it and takes tokens of it. */
  get(kid: string): KeyObject | undefined {
    const key = this.#keys.get(kid);
    return key !== undefined && performance.now() < key.retiredAt ? key.publicKey : undefined;
  }

  /**
   * The public key of that name. For one that this node has not met, it looks into the database; many who ask at
   * once wait for a look together.
   *
   * @throws {DatabaseUnavailableError} where the look failed: the token may be good
   */
  async find(kid: string): Promise<KeyObject | undefined> {
    if (!this.#keys.has(kid) && !this.#retired.has(kid)) await this.nextLook();
    return this.get(kid);
  }

  /**
   * Reads the keys of the database, and makes none.
   *
   * @returns how many sign, or verify
   * @throws {DecryptionError} where `ENCRYPTION_KEYS` is not the one that sealed them
   * @throws {DatabaseUnavailableError}
   */
  async load(): Promise<number> {
    const [fault] = await this.read();
    if (fault !== undefined) throw fault;
    return this.#keys.size;
  }

  /** Never one that has begun already: it may not see a key that has signed since. */
  private nextLook(): Promise<unknown> {
    this.#nextLook ??= this.look();
    return this.#nextLook;
  }

  private async look(): Promise<unknown[]> {
    const wait = this.#lastLook + lookupIntervalMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    this.#lastLook = performance.now();
    this.#nextLook = undefined;
    return this.read();
  }

  private unretired(): LoadedKey[] {
    const now = performance.now();
    return [...this.#keys.values()].filter(({ retiredAt }) => now < retiredAt);
  }

  /** Keys in memory stay where the database is away; an outage is logged once, however long it lasts. */
  private async reload(): Promise<void> {
    const trouble = await this.read().then(
      ([fault]) =>
        fault === undefined ? undefined : `A signing key is left out. ${describeError(fault).message}`,
      (error: unknown) => `The signing keys are as they were last read. ${describeError(error).message}`,
    );
    if (trouble !== undefined && trouble !== this.#trouble) this.#logger.warn(trouble);
    this.#trouble = trouble;
  }

  /**
   * Reads the keys, and opens those that have not retired.
   *
   * @returns why some could not be opened; those are left out
   * @throws {DatabaseUnavailableError}
   */
  private async read(): Promise<unknown[]> {
    const reading = (this.#readings += 1);
    const asked = readNodeClocks();
    const rows = await this.database.query<KeyRow>(readKeys, []);
    // Counted from the answer on: a key may sign later than it could, never earlier, since others have to know it.
    const answered = performance.now();
    // Of two readings that cross, the one that began later knows more.
    if (reading < this.#latestReading) return [];

    const faults: unknown[] = [];
    const keys = new Map<string, LoadedKey>();
    const isRetired = ({ retiredIn }: KeyRow) => retiredIn !== null && retiredIn <= 0;
    for (const row of rows.filter((each) => !isRetired(each))) {
      try {
        keys.set(row.kid, {
          kid: row.kid,
          ...(this.#keys.get(row.kid) ?? this.open(row)),
          activeFrom: answered + row.activeIn,
          retiredAt: row.retiredIn === null ? Infinity : answered + row.retiredIn,
        });
      } catch (error) {
        faults.push(error);
      }
    }
    this.#keys = keys;
    this.#retired = new Set(rows.filter(isRetired).map(({ kid }) => kid));
    this.#latestReading = reading;
    if (rows[0] !== undefined) this.clock.set(rows[0].now, asked);
    return faults;
  }

  private open({ kid, privateKeySealed, publicJwk }: KeyRow): KeyPair {
    return {
      privateKey: createPrivateKey(this.#box.decrypt(privateKeySealed, kid)),
      publicKey: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }),
    };
  }

  /** Nodes that start together on an empty database make one key, not one each. */
  private async createFirst(): Promise<void> {
    await this.database.transaction(async ({ manager }) => {
      await manager.query(takeAdvisoryLock, [...advisoryLocks.signingKeys]);
      if ((await manager.count(SigningKey)) > 0) return;
      await manager.insert(SigningKey, makeKeyPair(this.#box));
    });
  }
}
