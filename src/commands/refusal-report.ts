import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Refusal } from '../users/import/user-import.js';

/**
 * The file beside the imported one that says which lines were refused, and why. It has line numbers only: what
 * the lines hold stays where it is.
 */
export class RefusalReport {
  readonly #file: string;
  /** Of this process's own: two imports of one file must not write into each other's report. */
  readonly #draft: string;
  #isBegun = false;

  constructor(importedFile: string) {
    this.#file = `${importedFile}.refused.csv`;
    this.#draft = `${this.#file}.${process.pid}`;
  }

  add(refusals: readonly Refusal[]): void {
    if (refusals.length === 0) return;
    if (!this.#isBegun) writeFileSync(this.#draft, 'line,reason\n');
    this.#isBegun = true;
    const rows = refusals.map(({ number, reason }) => `${number},"${reason.replaceAll('"', '""')}"\n`);
    appendFileSync(this.#draft, rows.join(''));
  }

  /** Puts the report in its place. Undefined: nothing was refused. */
  keep(): string | undefined {
    if (!this.#isBegun) return undefined;
    renameSync(this.#draft, this.#file);
    return this.#file;
  }

  /** As `keep`, for a whole file: where nothing was refused, the report of an earlier run goes. */
  finish(): string | undefined {
    const file = this.keep();
    if (file === undefined) rmSync(this.#file, { force: true });
    return file;
  }
}
