import { phoneAddress } from '../phone/addresses.js';
import type { PhoneMessage, PhoneOrder, PhoneTrouble } from '../phone/messages.js';
import type { PhoneApp } from '../server/live-events.js';
import { element } from './element.js';
import { say, write } from './texts.js';

export interface PhoneOptions {
  /** Which device: the phones of one device share nothing but the make. */
  device: string;
  /** Its number on the page. */
  mark: string;
  app: PhoneApp;
  user: string;
  serviceUrl: string;
}

/** A phone on the page: a frame that runs the mini-program, in a case. */
export class Phone {
  readonly figure: HTMLElement;
  readonly mark: string;
  readonly app: PhoneApp;
  /** What was switched on, as far as it has not happened yet. */
  readonly troubles = new Set<PhoneTrouble>();
  /** What the mini-program keeps. */
  stored: Record<string, unknown> = {};

  readonly #frame: HTMLIFrameElement;
  /** What it is to be told once it listens: a mini-program that is being opened hears nothing. */
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
        relaunch,
      ),
    );
    this.nameFrame();
    window.addEventListener('message', this.#hear);
  }

  order(order: PhoneOrder): void {
    if (this.#waiting) this.#waiting.push(order);
    else this.#frame.contentWindow?.postMessage(order, location.origin);
    // All others open it anew.
    if (order.type !== 'trouble') this.#waiting ??= [];
  }

  setTrouble(trouble: PhoneTrouble, on: boolean): void {
    if (on) this.troubles.add(trouble);
    else this.troubles.delete(trouble);
    this.figure.dataset['offline'] = String(this.troubles.has('offline'));
    this.order({ type: 'trouble', trouble, on });
  }

  /** As it came out of the box. */
  forget(): void {
    for (const trouble of this.troubles) this.setTrouble(trouble, false);
    this.order({ type: 'forget' });
  }

  remove(): void {
    window.removeEventListener('message', this.#hear);
    this.figure.remove();
  }

  /** What screen readers call the frame, in the language of the page. */
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
