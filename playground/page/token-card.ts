import { type DecodedToken, findToken } from './access-token.js';
import { element } from './element.js';
import { say } from './texts.js';

/** Shows the access token of a phone, decoded, with the time until it expires. */
export class TokenCard {
  #token: DecodedToken | undefined;

  constructor(private readonly place: HTMLElement) {
    setInterval(() => this.tick(), 1_000);
    this.draw();
  }

  /** @param stored what the mini-program has stored on the phone */
  show(stored: unknown): void {
    this.#token = findToken(stored);
    this.draw();
  }

  draw(): void {
    const { place } = this;
    const token = this.#token;
    place.dataset['state'] = token ? 'present' : 'absent';
    if (!token) {
      place.replaceChildren(element('p', { class: 'quiet' }, say('noToken')));
      return;
    }
    place.replaceChildren(
      element(
        'p',
        { class: 'clock', role: 'timer' },
        element('span', { class: 'clock-time' }),
        element('span', { class: 'clock-word' }),
      ),
      element('div', { class: 'clock-bar', 'aria-hidden': 'true' }, element('div', {})),
      table(token.header),
      table(token.claims),
    );
    this.tick();
  }

  private tick(): void {
    if (!this.#token) return;
    const { issuedAt, expiresAt } = this.#token;
    const left = Math.max(0, Math.ceil(expiresAt - Date.now() / 1000));
    const isExpired = left === 0;
    this.place.dataset['state'] = isExpired ? 'expired' : 'present';
    this.place.querySelector('.clock-time')!.textContent = isExpired ? say('expired') : clock(left);
    this.place.querySelector('.clock-word')!.textContent = say(isExpired ? 'expiredWhat' : 'expiresIn');
    const bar = this.place.querySelector<HTMLElement>('.clock-bar > div')!;
    bar.style.width = `${(100 * left) / Math.max(1, expiresAt - issuedAt)}%`;
  }
}

function table(fields: Record<string, unknown>): HTMLElement {
  const rows = Object.entries(fields).flatMap(([name, value]) => [
    element('dt', {}, name),
    element('dd', {}, readable(name, value)),
  ]);
  return element('dl', { class: 'fields' }, ...rows);
}

function readable(name: string, value: unknown): string {
  if (['iat', 'exp', 'nbf', 'auth_time'].includes(name)) {
    return new Date(Number(value) * 1000).toLocaleTimeString('sv');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}
