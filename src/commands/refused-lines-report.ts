import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Refusal } from '../users/import/user-import.js';

/**
 * The file beside the imported one that lists the refused lines and the reasons. It contains line numbers, and nothing of
 * the content of the lines.
 */
export class RefusedLinesReport {
  readonly #file: string;
  /** Named after the process: two imports of one file must not write into each other's report. */
  readonly #draft: string;
  #isBegun = false;

  constructor(importedFile: string) {
    this.#file = `${importedFile}.refused.csv`;
    this.#draft = `${this.#file}.${process.pid}`;
  }

  addLines(refusals: readonly Refusal[]): void {
    if (refusals.length === 0) return;
    if (!this.#isBegun) writeFileSync(this.#draft, 'line,reason\n');
    this.#isBegun = true;
    const rows = refusals.map(({ number, reason }) => `${number},"${reason.replaceAll('"', '""')}"\n`);
    appendFileSync(this.#draft, rows.join(''));
  }

  /** @returns the name of the saved report; undefined if no line was refused */
  saveReport(): string | undefined {
    if (!this.#isBegun) return undefined;
    renameSync(this.#draft, this.#file);
    return this.#file;
  }

  /** Saves the report of a complete import. If no line was refused, deletes the report of an earlier run. */
  finishReport(): string | undefined {
    const file = this.saveReport();
    if (file === undefined) rmSync(this.#file, { force: true });
    return file;
  }
}
