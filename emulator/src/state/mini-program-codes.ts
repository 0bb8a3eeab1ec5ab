const maxCodes = 1000;

/** A code that a backend had made: what a phone that scans it opens. */
export interface MiniProgramCode {
  appid: string;
  page: string;
  scene: string;
  /** In the emulator's time. */
  at: string;
}

/** The last codes, the newest last. */
export class MiniProgramCodes {
  #codes: MiniProgramCode[] = [];

  add(code: MiniProgramCode): void {
    this.#codes.push(code);
    if (this.#codes.length > maxCodes) this.#codes.shift();
  }

  all(): MiniProgramCode[] {
    return [...this.#codes];
  }

  find(appid: string, scene: string): MiniProgramCode | undefined {
    return this.#codes.findLast((code) => code.appid === appid && code.scene === scene);
  }

  clear(): void {
    this.#codes = [];
  }
}
