import type { Outside } from './outside.js';
import { Failure } from './wechat-call.js';

interface Entry {
  data: unknown;
  encrypted: boolean;
}

/** Empties all phones there ever were, those that are not on the page at the moment among them. */
export function forgetAllPhones(): void {
  for (const key of Object.keys(localStorage)) {
    if (/^(\w+:)?playground:/.test(key)) localStorage.removeItem(key);
  }
}

/** What one mini-program keeps on one phone. */
export class PhoneStorage {
  readonly #prefix: string;

  constructor(
    { phone, appid }: { phone: string; appid: string },
    private readonly outside: Outside,
  ) {
    // Escaped, so that no phone's name runs into another's.
    this.#prefix = `playground:${encodeURIComponent(phone)}:${encodeURIComponent(appid)}:`;
  }

  /** @throws {Failure} where there is nothing, or it is encrypted and this is not asked for, or the other way round */
  get(key: string, encrypted = false): unknown {
    const text = localStorage.getItem(this.#prefix + key);
    if (text === null) throw new Failure('data not found');
    const entry = JSON.parse(text) as Entry;
    // How WeChat words this is a guess.
    if (entry.encrypted !== encrypted) throw new Failure('data decrypt error');
    return entry.data;
  }

  set(key: string, data: unknown, encrypted = false): void {
    localStorage.setItem(this.#prefix + key, JSON.stringify({ data, encrypted } satisfies Entry));
    this.tell();
  }

  remove(key: string): void {
    localStorage.removeItem(this.#prefix + key);
    this.tell();
  }

  clear(): void {
    for (const key of this.keys()) localStorage.removeItem(this.#prefix + key);
    this.tell();
  }

  keys(): string[] {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.#prefix))
      .map((key) => key.slice(this.#prefix.length));
  }

  /** A key in the browser's storage, of this phone and mini-program, that is none of the mini-program's own. */
  beside(name: string): string {
    return `${name}:${this.#prefix}`;
  }

  /** Tells the page around what there is. */
  tell(): void {
    const entries = this.keys().map((key) => {
      const { data } = JSON.parse(localStorage.getItem(this.#prefix + key)!) as Entry;
      return [key, data];
    });
    this.outside.tell({ type: 'storage', entries: Object.fromEntries(entries) as Record<string, unknown> });
  }
}
