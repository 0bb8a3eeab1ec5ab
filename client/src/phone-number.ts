import { AuthError } from './auth-error.js';
import { toAuthError } from './problem.js';
import { isUser } from './type-guards.js';
import type { Answer, PhoneEvent, PhoneOutcome, RequestOptions } from './types.js';

/** WeChat's errno if all phone numbers that the mini-program has paid for are used up. */
const quotaExceeded = 1400001;

/** After these codes, the user has to tap the button again. */
const tapAgainCodes = ['session_key_stale', 'phone_code_invalid', 'open_data_invalid'];

/** Stores the phone number that the button returned. */
export async function storePhone(
  { detail }: PhoneEvent,
  request: (options: RequestOptions) => Promise<Answer>,
): Promise<PhoneOutcome> {
  const { errMsg = '', errno, code, encryptedData, iv } = detail;
  if (errno === quotaExceeded) return { outcome: 'quota_exceeded' };
  if (!code && !encryptedData) {
    if (/deny|cancel/.test(errMsg)) return { outcome: 'denied' };
    throw new AuthError('phone_unavailable', errMsg);
  }
  // Old base libraries return no code.
  const data = code ? { code } : { encryptedData, iv };
  const answer = await request({ url: '/me/phone', method: 'POST', data });
  const { statusCode, data: user } = answer;
  if (statusCode === 200 && isUser(user)) return { outcome: 'stored', user };
  const error = toAuthError(answer);
  if (tapAgainCodes.includes(error.code)) return { outcome: 'try_again' };
  throw error;
}
