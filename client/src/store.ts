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

function isSound({ tokens, user, skew }: Kept): boolean {
  return (
    typeof skew === 'number' &&
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
  const read = (key: string, options: object) =>
    promised<{ data: unknown }>((callbacks) => wx.getStorage!({ key, ...options, ...callbacks }));
  return {
    get: async (key) => {
      if (!encrypt) return (await read(key, {})).data;
      const sealed = await read(key, { encrypt }).catch(() => undefined);
      // What an older base library wrote is in the open.
      return isJson(sealed && sealed.data) ? sealed!.data : (await read(key, {})).data;
    },
    set: (key, data) =>
      promised((callbacks) => wx.setStorage!({ key, data, ...(encrypt && { encrypt }), ...callbacks })),
  };
}

/** From base library 2.21.3 on. */
function canEncrypt(wx: Wechat): boolean {
  try {
    const [major, minor, patch] = wx.getAppBaseInfo!().SDKVersion.split('.').map(Number);
    return major! * 1e6 + minor! * 1e3 + patch! >= 2_021_003;
  } catch {
    return false;
  }
}

function isJson(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('{');
}
