/**
 * The messages between a phone of the playground and the page around it: `postMessage` between the page and the
 * phone's frame, on the same origin. A phone is `phone.html?phone=1&appid=…&user=…&serviceUrl=…` (addresses.ts).
 */

/**
 * The faults of a phone. `ServerFault` has those of WeChat and of the service. They outlive a
 * relaunch. A fault of only the next call is over when it has happened.
 */
export type PhoneFault =
  /** The next answer of the service is lost: the request arrives, `wx.request` fails. */
  | 'answer_lost'
  /** The user refuses the next request: privacy, phone number, avatar, or steps. */
  | 'denied'
  /** Each request takes two seconds longer. */
  | 'slow'
  /** No network. */
  | 'offline'
  /** The next request carries an access token that the service refuses like an expired one. */
  | 'token_expired';

/** From the phone to the page. */
export type PhoneMessage =
  /** The phone now receives orders. */
  | { type: 'listening'; phone: string }
  /** The first page of the mini-program has been drawn. */
  | { type: 'ready'; phone: string }
  /** A call of `wx` to WeChat or to the service begins. */
  | {
      type: 'call-started';
      phone: string;
      /** Unique on this phone. The event of its end has the same id. */
      id: number;
      /** Milliseconds since 1970. */
      at: number;
      to: 'wechat' | 'service';
      /** `wx.login`, or `POST /auth/login` without query. */
      name: string;
      /** The body. The page masks secrets. */
      carried: unknown;
    }
  | {
      type: 'call-ended';
      phone: string;
      id: number;
      at: number;
      /** The HTTP status, if the service has answered. */
      status?: number;
      /** What the mini-program received: the body, or `{errMsg}`. */
      carried: unknown;
      failed: boolean;
    }
  /** A fault of only the next call has happened, and is over. */
  | { type: 'fault-over'; phone: string; fault: PhoneFault }
  /** What the mini-program has stored: at its launch, and after each change. */
  | { type: 'storage'; phone: string; entries: Record<string, unknown> };

/** From the page to a phone. */
export type PhoneOrder =
  | { type: 'fault'; fault: PhoneFault; on: boolean }
  /** Scans the newest mini-program code that a web page shows. */
  | { type: 'scan' }
  /** Closes the mini-program and opens it again, with its storage. Afterwards, the phone is `ready` again. */
  | { type: 'relaunch' }
  /** The same with an empty storage. The user has not agreed to the privacy policy any more, either. */
  | { type: 'forget' };
