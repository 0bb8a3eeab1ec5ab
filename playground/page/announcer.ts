/** For so many milliseconds, messages are collected. Read out one by one, they would never end. */
const repeatDelayMs = 1_000;

/** Maximum of messages in one announcement. */
const most = 4;

/** Reads messages out to users of screen readers. */
export class Announcer {
  #waiting: string[] = [];

  constructor(private readonly place: HTMLElement) {}

  readonly announce = (text: string): void => {
    if (this.#waiting.length === 0) setTimeout(() => this.speak(), repeatDelayMs);
    this.#waiting.push(text);
  };

  private speak(): void {
    this.place.textContent = this.#waiting.slice(-most).join('; ');
    this.#waiting = [];
  }
}
