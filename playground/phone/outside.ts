import type { PhoneMessage, PhoneOrder } from './messages.js';

/** The messages without the fields that all have. */
type OutgoingMessage = PhoneMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'phone'>
    : never
  : never;

/** The page around the phone. */
export class Outside {
  constructor(private readonly phone: string) {}

  send(message: OutgoingMessage): void {
    window.parent.postMessage({ ...message, phone: this.phone }, location.origin);
  }

  /** Only orders from the page around count. */
  onOrder(obey: (order: PhoneOrder) => void): void {
    window.addEventListener('message', ({ source, origin, data }: MessageEvent<PhoneOrder>) => {
      if (source === window.parent && origin === location.origin) obey(data);
    });
  }
}
