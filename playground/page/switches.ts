import type { PhoneTrouble } from '../phone/messages.js';
import type { ServerTrouble } from '../server/live-events.js';
import { element } from './element.js';
import { type TextKey, write } from './texts.js';

export type Trouble = PhoneTrouble | ServerTrouble;

const groups: readonly { title: TextKey; troubles: readonly Trouble[] }[] = [
  { title: 'onPhone', troubles: ['answer_lost', 'token_expired', 'denied', 'slow', 'offline'] },
  { title: 'onService', troubles: ['kicked', 'disabled'] },
  {
    title: 'onWechat',
    troubles: ['wechat_busy', 'wechat_slow', 'code_used', 'key_rotated', 'token_evicted'],
  },
];

/** The buttons that make things go wrong. Each shows whether it is on; what happens once springs back. */
export class Switches {
  readonly #buttons = new Map<Trouble, HTMLButtonElement>();
  readonly #explanation = write(element('p', { class: 'explanation quiet' }), 'switchesWhat');

  /** @param onSwitch told what somebody wants, and moves the switch */
  constructor(place: HTMLElement, onSwitch: (trouble: Trouble, on: boolean) => void) {
    for (const { title, troubles } of groups) {
      const heading = write(element('h3', { id: `switches-${title}` }), title);
      const buttons = troubles.map((trouble) => {
        const button = element(
          'button',
          {
            type: 'button',
            class: 'chip',
            'aria-pressed': 'false',
            'aria-describedby': `what-${trouble}`,
            'data-trouble': trouble,
          },
          write(element('span'), trouble),
        );
        const what = write(element('span', { id: `what-${trouble}`, hidden: '' }), `${trouble}What`);
        for (const event of ['pointerenter', 'focus', 'click']) {
          button.addEventListener(event, () => write(this.#explanation, `${trouble}What`));
        }
        button.addEventListener('click', () => onSwitch(trouble, !this.isOn(trouble)));
        this.#buttons.set(trouble, button);
        return [button, what];
      });
      place.append(
        element('div', { role: 'group', 'aria-labelledby': heading.id }, heading, ...buttons.flat()),
      );
    }
    place.append(this.#explanation);
  }

  isOn(trouble: Trouble): boolean {
    return this.#buttons.get(trouble)!.getAttribute('aria-pressed') === 'true';
  }

  set(trouble: Trouble, on: boolean): void {
    this.#buttons.get(trouble)!.setAttribute('aria-pressed', String(on));
  }
}
