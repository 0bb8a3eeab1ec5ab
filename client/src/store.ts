import { promised, within } from './callbacks.js';
import { hasTokens, isUser } from './sound.js';
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

/** Milliseconds that the storage is given to read or to write. */
const patience = 3000;

/** What is kept under one key. Where the storage fails, memory alone has it. */
export class Store {
  private writing: Promise<unknown> = Promise.resolve();
  /** What is to be written next. */
  private next: string | undefined;

  constructor(
    private readonly storage: AuthStorage,
    private readonly key: string,
  ) {}

  async read(): Promise<Kept | undefined> {
    try {
      const kept = JSON.parse((await within(patience, this.storage.get(this.key))) as string) as Kept;
      return isSound(kept) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  /** One after the other, so that the last one stays; what has become old while it waited is left out. Never rejects. */
  write(kept: Kept): Promise<unknown> {
    const value = (this.next = JSON.stringify(kept));
    return (this.writing = this.writing
      .then(() => value === this.next && within(patience, this.storage.set(this.key, value)))
      .catch(() => undefined));
  }
}

function isSound({ tokens, user, out, skew }: Kept): boolean {
  return (
    typeof skew === 'number' &&
    (out === undefined || typeof out === 'string') &&
    (user === null || isUser(user)) &&
    (tokens === undefined || (hasTokens(tokens) && tokens.issuedAt > 0 && tokens.expiresAt > 0))
  );
}

/** wx.setStorage, encrypted where the base library can: what is written encrypted must be read so, too. */
export function wechatStorage(wx: Wechat): AuthStorage {
  const encrypt = canEncrypt(wx);
  const read = (options: { key: string; encrypt?: boolean }) =>
    promised<{ data: unknown }>((callbacks) => wx.getStorage!(Object.assign(options, callbacks))).then(
      ({ data }) => data,
    );
  const write = (options: { key: string; data: string; encrypt?: boolean }) =>
    promised((callbacks) => wx.setStorage!(Object.assign(options, callbacks)));
  return {
    async get(key) {
      const sealed = encrypt && (await read({ key, encrypt }).catch(() => undefined));
      // What an older base library has written lies open.
      return String(sealed).startsWith('{') ? sealed : read({ key });
    },
    set: (key, data) =>
      encrypt
        ? // There is less room for what is encrypted. Without it, an older value must not come back.
          write({ key, data, encrypt }).catch(() => write({ key, data: withoutSecrets(data) }))
        : write({ key, data }),
  };
}

/** What may lie open: whether it stays out. */
function withoutSecrets(kept: string): string {
  return JSON.stringify(Object.assign(JSON.parse(kept), { tokens: undefined, user: null }));
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
