import type { PhoneMessage, PhoneOrder } from './messages.js';

/** Each of them without what is the same in all. */
type Told = PhoneMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'phone'>
    : never
  : never;

/** The page around the phone. */
export class Outside {
  constructor(private readonly phone: string) {}

  tell(message: Told): void {
    window.parent.postMessage({ ...message, phone: this.phone }, location.origin);
  }

  /** Orders count from the page around alone. */
  onOrder(obey: (order: PhoneOrder) => void): void {
    window.addEventListener('message', ({ source, origin, data }: MessageEvent<PhoneOrder>) => {
      if (source === window.parent && origin === location.origin) obey(data);
    });
  }
}
