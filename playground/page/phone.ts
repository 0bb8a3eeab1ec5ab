import { phoneAddress } from '../phone/addresses.js';
import type { PhoneMessage, PhoneOrder, PhoneFault } from '../phone/messages.js';
import type { PhoneApp } from '../server/live-events.js';
import { element } from './element.js';
import { say, write } from './texts.js';

export interface PhoneOptions {
  /** The device. It decides how the phone names itself. */
  device: string;
  /** The number that the page shows. */
  mark: string;
  app: PhoneApp;
  user: string;
  serviceUrl: string;
}

/** A phone on the page: a frame that runs the mini-program. */
export class Phone {
  readonly figure: HTMLElement;
  readonly mark: string;
  readonly app: PhoneApp;
  /** The faults that are switched on and have not happened yet. */
  readonly faults = new Set<PhoneFault>();
  /** What the mini-program has stored. */
  stored: Record<string, unknown> = {};

  readonly #frame: HTMLIFrameElement;
  /** Orders that wait until the frame listens: while the mini-program is being opened, it receives nothing. */
  #waiting: PhoneOrder[] | undefined = [];

  constructor(
    { device, mark, app, user, serviceUrl }: PhoneOptions,
    private readonly onMessage: (phone: Phone, message: PhoneMessage) => void,
  ) {
    this.mark = mark;
    this.app = app;
    this.#frame = element('iframe', {
      class: 'phone-screen',
      src: phoneAddress({ phone: device, appid: app.appid, user, serviceUrl }),
    });
    const scan = write(element('button', { type: 'button', class: 'plain' }), 'scan');
    scan.addEventListener('click', () => this.order({ type: 'scan' }));
    const relaunch = write(element('button', { type: 'button', class: 'plain' }), 'relaunch');
    relaunch.addEventListener('click', () => this.order({ type: 'relaunch' }));
    this.figure = element(
      'figure',
      { class: 'phone', 'data-mark': mark },
      element('div', { class: 'phone-case' }, this.#frame),
      element(
        'figcaption',
        {},
        element('span', { class: 'mark' }, mark),
        element('span', { class: 'phone-name' }, app.name ?? app.appid),
        scan,
        relaunch,
      ),
    );
    this.nameFrame();
    window.addEventListener('message', this.#hear);
  }

  order(order: PhoneOrder): void {
    if (this.#waiting) this.#waiting.push(order);
    else this.#frame.contentWindow?.postMessage(order, location.origin);
    // These open the mini-program again.
    if (order.type === 'relaunch' || order.type === 'forget') this.#waiting ??= [];
  }

  setFault(fault: PhoneFault, on: boolean): void {
    if (on) this.faults.add(fault);
    else this.faults.delete(fault);
    this.figure.dataset['offline'] = String(this.faults.has('offline'));
    this.order({ type: 'fault', fault, on });
  }

  /** Resets the phone to its first state. */
  forget(): void {
    for (const fault of this.faults) this.setFault(fault, false);
    this.order({ type: 'forget' });
  }

  remove(): void {
    window.removeEventListener('message', this.#hear);
    this.figure.remove();
  }

  /** The name of the frame for screen readers, in the language of the page. */
  nameFrame(): void {
    this.#frame.title = `${say('phone')} ${this.mark}${say('frameOf')}`;
  }

  readonly #hear = ({ source, origin, data }: MessageEvent<PhoneMessage>): void => {
    if (source !== this.#frame.contentWindow || origin !== location.origin) return;
    if (data.type === 'listening') this.tellWaiting();
    else this.onMessage(this, data);
  };

  private tellWaiting(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const order of waiting) this.order(order);
  }
}
