/**
 * What a phone of the playground and the page around it say to each other, by `postMessage` between the page and the
 * phone's frame, same origin alone. A phone is `phone.html?phone=1&appid=…&user=…&serviceUrl=…` (addresses.ts).
 */

/**
 * What can be made to go wrong on a phone. What goes wrong at WeChat or in the service is the server's matter. It outlives
 * a relaunch; what concerns the next thing alone is over once it has happened.
 */
export type PhoneTrouble =
  /** The next answer of the service is lost: the request arrives, `wx.request` fails. */
  | 'answer_lost'
  /** The person refuses at once the next thing that is asked of them: privacy, the phone number, the avatar, the steps. */
  | 'denied'
  /** Each request takes two seconds longer. */
  | 'slow'
  /** No network at all. */
  | 'offline'
  /** The next request carries an access token that the service refuses, as it refuses one that ran out. */
  | 'token_expired';

/** From the phone to the page. */
export type PhoneMessage =
  /** From now on it hears what it is ordered to do. */
  | { type: 'listening'; phone: string }
  /** The first page of the mini-program has been drawn. */
  | { type: 'ready'; phone: string }
  /** Something left the phone: a call of `wx`, to WeChat or to the service. */
  | {
      type: 'call-started';
      phone: string;
      /** Unique on this phone; the end carries it, too. */
      id: number;
      /** Milliseconds since 1970. */
      at: number;
      to: 'wechat' | 'service';
      /** `wx.login`, or `POST /auth/login` without query. */
      name: string;
      /** What was carried, as it was: the page masks what is secret. */
      carried: unknown;
    }
  | {
      type: 'call-ended';
      phone: string;
      id: number;
      at: number;
      /** The HTTP status, of calls to the service that were answered. */
      status?: number;
      /** What the phone's side was told: the body, or `{errMsg}`. */
      carried: unknown;
      failed: boolean;
    }
  /** A trouble that concerns the next thing alone has happened, and is over. */
  | { type: 'trouble-spent'; phone: string; trouble: PhoneTrouble }
  /** What the mini-program keeps on the phone, at its launch and after each change. */
  | { type: 'storage'; phone: string; entries: Record<string, unknown> };

/** From the page to a phone. */
export type PhoneOrder =
  | { type: 'trouble'; trouble: PhoneTrouble; on: boolean }
  /** Closes the mini-program and opens it again; what it stored is kept. The phone is `ready` again afterwards. */
  | { type: 'relaunch' }
  /** The same, with nothing kept: not even that the person has agreed to the privacy policy. */
  | { type: 'forget' };
