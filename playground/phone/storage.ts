import type { Outside } from './outside.js';
import { Failure } from './wechat-call.js';

interface Entry {
  data: unknown;
  encrypted: boolean;
}

/** Empties all phones, also those that are not on the page now. */
export function forgetAllPhones(): void {
  for (const key of Object.keys(localStorage)) {
    if (/^(\w+:)?playground:/.test(key)) localStorage.removeItem(key);
  }
}

/** The storage of one mini-program on one phone. */
export class PhoneStorage {
  readonly #prefix: string;

  constructor(
    { phone, appid }: { phone: string; appid: string },
    private readonly outside: Outside,
  ) {
    // Escaped, so that two phones never share a prefix.
    this.#prefix = `playground:${encodeURIComponent(phone)}:${encodeURIComponent(appid)}:`;
  }

  /** @throws {Failure} if nothing is stored, or if it was stored with another value of `encrypt` */
  get(key: string, encrypted = false): unknown {
    const text = localStorage.getItem(this.#prefix + key);
    if (text === null) throw new Failure('data not found');
    const entry = JSON.parse(text) as Entry;
    // WeChat's exact text is unknown.
    if (entry.encrypted !== encrypted) throw new Failure('data decrypt error');
    return entry.data;
  }

  set(key: string, data: unknown, encrypted = false): void {
    localStorage.setItem(this.#prefix + key, JSON.stringify({ data, encrypted } satisfies Entry));
    this.report();
  }

  remove(key: string): void {
    localStorage.removeItem(this.#prefix + key);
    this.report();
  }

  clear(): void {
    for (const key of this.keys()) localStorage.removeItem(this.#prefix + key);
    this.report();
  }

  keys(): string[] {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.#prefix))
      .map((key) => key.slice(this.#prefix.length));
  }

  /** A key in the browser's storage for this phone and mini-program that the mini-program itself cannot read. */
  beside(name: string): string {
    return `${name}:${this.#prefix}`;
  }

  /** Tells the page what is stored. */
  report(): void {
    const entries = this.keys().map((key) => {
      const { data } = JSON.parse(localStorage.getItem(this.#prefix + key)!) as Entry;
      return [key, data];
    });
    this.outside.send({ type: 'storage', entries: Object.fromEntries(entries) as Record<string, unknown> });
  }
}
