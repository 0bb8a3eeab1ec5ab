import { LoginCodes } from './login-codes.js';
import { RequestLine } from './request-line.js';
import type { Wechat } from './types.js';

/** What there is one of on a phone, however many clients. */
interface Shared {
  line: RequestLine;
  codes: LoginCodes;
}

const shared = new WeakMap<Wechat, Shared>();

/** The same for all who share a `wx`. */
export function sharedBy(wx: Wechat): Shared {
  const found = shared.get(wx) || { line: new RequestLine(), codes: new LoginCodes(wx) };
  shared.set(wx, found);
  return found;
}
