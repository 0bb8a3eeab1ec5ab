import { promised } from './callbacks.js';
import type { AuthStorage, User, Wechat } from './types.js';

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds of the server's clock. */
  issuedAt: number;
  expiresAt: number;
}

/** What outlives the launch. */
export interface Kept {
  tokens?: Tokens;
  user: User | null;
  /** Why it stays out. */
  out?: string;
  /** Of the server's clock. */
  skew: number;
}

/** What is kept under one key. Where the storage fails, memory alone has it. */
export class Store {
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly storage: AuthStorage,
    private readonly key: string,
  ) {}

  async read(): Promise<Kept | undefined> {
    try {
      const kept = JSON.parse((await this.storage.get(this.key)) as string) as Kept | null;
      return kept && typeof kept === 'object' && isSound(kept) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  /** One after the other, so that the last one stays. Never rejects. */
  write(kept: Kept): Promise<unknown> {
    const value = JSON.stringify(kept);
    return (this.writing = this.writing
      .then(() => this.storage.set(this.key, value))
      .then(undefined, () => undefined));
  }
}

function isSound({ tokens, user, out, skew }: Kept): boolean {
  return (
    typeof skew === 'number' &&
    (out === undefined || typeof out === 'string') &&
    (user === null || (typeof user === 'object' && typeof user.id === 'string')) &&
    (tokens === undefined ||
      (typeof tokens.accessToken === 'string' &&
        typeof tokens.refreshToken === 'string' &&
        typeof tokens.issuedAt === 'number' &&
        typeof tokens.expiresAt === 'number'))
  );
}

/** wx.setStorage, encrypted where the base library can: what is written encrypted must be read so, too. */
export function wechatStorage(wx: Wechat): AuthStorage {
  const encrypt = canEncrypt(wx);
  const read = (options: { key: string; encrypt?: boolean }) =>
    promised<{ data: unknown }>((callbacks) => wx.getStorage!(Object.assign(options, callbacks))).then(
      ({ data }) => data,
    );
  return {
    async get(key) {
      const sealed = encrypt && (await read({ key, encrypt }).catch(() => undefined));
      // What an older base library has written lies open.
      return isJson(sealed) ? sealed : read({ key });
    },
    set: (key, data) =>
      promised((callbacks) =>
        wx.setStorage!(Object.assign(encrypt ? { key, data, encrypt } : { key, data }, callbacks)),
      ),
  };
}

/** From base library 2.21.3 on. */
function canEncrypt(wx: Wechat): boolean {
  try {
    const [major, minor, patch] = wx.getAppBaseInfo!().SDKVersion!.split('.').map(Number);
    return major! * 1e6 + minor! * 1e3 + patch! >= 2_021_003;
  } catch {
    return false;
  }
}

function isJson(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('{');
}
