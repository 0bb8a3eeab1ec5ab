import type { PhoneFault } from '../phone/messages.js';
import type { ServerFault } from '../server/live-events.js';
import { element } from './element.js';
import { type TextKey, write } from './texts.js';

export type Fault = PhoneFault | ServerFault;

const groups: readonly { title: TextKey; faults: readonly Fault[] }[] = [
  { title: 'onPhone', faults: ['answer_lost', 'token_expired', 'denied', 'slow', 'offline'] },
  { title: 'onService', faults: ['kicked', 'disabled'] },
  {
    title: 'onWechat',
    faults: ['wechat_busy', 'wechat_slow', 'code_used', 'key_rotated', 'token_evicted'],
  },
];

/** The buttons that switch faults on. A fault that happens once switches its button off again. */
export class Switches {
  readonly #buttons = new Map<Fault, HTMLButtonElement>();
  readonly #explanation = write(element('p', { class: 'explanation quiet' }), 'switchesWhat');

  /** @param onSwitch called when a button is clicked; it sets the button */
  constructor(place: HTMLElement, onSwitch: (fault: Fault, on: boolean) => void) {
    for (const { title, faults } of groups) {
      const heading = write(element('h3', { id: `switches-${title}` }), title);
      const buttons = faults.map((fault) => {
        const button = element(
          'button',
          {
            type: 'button',
            class: 'chip',
            'aria-pressed': 'false',
            'aria-describedby': `what-${fault}`,
            'data-fault': fault,
          },
          write(element('span'), fault),
        );
        const what = write(element('span', { id: `what-${fault}`, hidden: '' }), `${fault}What`);
        for (const event of ['pointerenter', 'focus', 'click']) {
          button.addEventListener(event, () => write(this.#explanation, `${fault}What`));
        }
        button.addEventListener('click', () => onSwitch(fault, !this.isOn(fault)));
        this.#buttons.set(fault, button);
        return [button, what];
      });
      place.append(
        element('div', { role: 'group', 'aria-labelledby': heading.id }, heading, ...buttons.flat()),
      );
    }
    place.append(this.#explanation);
  }

  isOn(fault: Fault): boolean {
    return this.#buttons.get(fault)!.getAttribute('aria-pressed') === 'true';
  }

  set(fault: Fault, on: boolean): void {
    this.#buttons.get(fault)!.setAttribute('aria-pressed', String(on));
  }
}
