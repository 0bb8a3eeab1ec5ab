import { toPromise, withTimeout } from './promises.js';
import { hasTokens, isUser } from './type-guards.js';
import type { AuthStorage, User, Wechat } from './types.js';

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds of the server's clock. */
  issuedAt: number;
  expiresAt: number;
}

/** What is stored between launches. Earlier versions have stored the same, so the names stay. */
export interface StoredSession {
  tokens?: Tokens;
  user: User | null;
  /** The reason to stay signed out. */
  out?: string;
  /** Milliseconds that the server's clock is ahead of the phone's. */
  skew: number;
}

/** The storage gets this long to read or to write. */
const storageTimeoutMs = 3000;

/** Stores the session under one key. If the storage fails, the session is kept in memory only. */
export class Store {
  private writing: Promise<unknown> = Promise.resolve();
  /** The newest value. */
  private latest: string | undefined;

  constructor(
    private readonly storage: AuthStorage,
    private readonly key: string,
  ) {}

  /** Undefined if nothing valid is stored. Never rejects. */
  async read(): Promise<StoredSession | undefined> {
    try {
      const text = (await withTimeout(storageTimeoutMs, this.storage.get(this.key))) as string;
      const stored = JSON.parse(text) as StoredSession;
      return isValid(stored) ? stored : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes one value after the other, so that the last one stays. A value that is outdated before its turn is skipped. Never rejects. */
  write(session: StoredSession): Promise<unknown> {
    const value = (this.latest = JSON.stringify(session));
    return (this.writing = this.writing
      .then(() => value === this.latest && withTimeout(storageTimeoutMs, this.storage.set(this.key, value)))
      .catch(() => undefined));
  }
}

function isValid({ tokens, user, out, skew }: StoredSession): boolean {
  return (
    typeof skew === 'number' &&
    (out === undefined || typeof out === 'string') &&
    (user === null || isUser(user)) &&
    (tokens === undefined || (hasTokens(tokens) && tokens.issuedAt > 0 && tokens.expiresAt > 0))
  );
}

/** wx.setStorage, encrypted if the base library can do it. An encrypted value must be read with the same option. */
export function wechatStorage(wx: Wechat): AuthStorage {
  const encrypt = canEncrypt(wx);
  const read = (options: { key: string; encrypt?: boolean }) =>
    toPromise<{ data: unknown }>((callbacks) => wx.getStorage!(Object.assign(options, callbacks))).then(
      ({ data }) => data,
    );
  const write = (options: { key: string; data: string; encrypt?: boolean }) =>
    toPromise((callbacks) => wx.setStorage!(Object.assign(options, callbacks)));
  return {
    async get(key) {
      const decrypted = encrypt && (await read({ key, encrypt }).catch(() => undefined));
      // An older base library has stored the value unencrypted.
      return String(decrypted).startsWith('{') ? decrypted : read({ key });
    },
    set: (key, data) =>
      encrypt
        ? // Encrypted storage is smaller, and may be full. Then an older value must not come back.
          write({ key, data, encrypt }).catch(() => write({ key, data: withoutSecrets(data) }))
        : write({ key, data }),
  };
}

/** Keeps only what may be stored unencrypted: whether the session stays signed out. */
function withoutSecrets(stored: string): string {
  return JSON.stringify(Object.assign(JSON.parse(stored), { tokens: undefined, user: null }));
}

/** Base libraries can encrypt from 2.21.3 on. */
function canEncrypt(wx: Wechat): boolean {
  try {
    const [major, minor, patch] = wx.getAppBaseInfo!().SDKVersion!.split('.').map(Number);
    return major! * 1e6 + minor! * 1e3 + patch! >= 2_021_003;
  } catch {
    return false;
  }
}
