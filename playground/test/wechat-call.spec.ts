import { describe, expect, it, vi } from 'vitest';
import { Failure, settle } from '../phone/wechat-call.js';

describe('a call of wx', () => {
  it('returns a promise if there is no callback', async () => {
    await expect(settle('login', {}, () => ({ code: 'c' }))).resolves.toEqual({
      code: 'c',
      errMsg: 'login:ok',
    });
    await expect(settle('showToast', undefined, () => {})).resolves.toEqual({ errMsg: 'showToast:ok' });
  });

  it('calls back and returns no promise if there is a callback', async () => {
    const success = vi.fn<(result: object) => void>();
    const complete = vi.fn<(result: object) => void>();
    expect(settle('login', { success, complete }, async () => ({ code: 'c' }))).toBeUndefined();
    await expect.poll(() => complete.mock.calls.length).toBe(1);
    expect(success).toHaveBeenCalledExactlyOnceWith({ code: 'c', errMsg: 'login:ok' });
  });

  it('says in WeChat’s words why it failed', async () => {
    const fail = vi.fn<(failure: object) => void>();
    void settle('request', { fail }, () => {
      throw new Failure('timeout', 5);
    });
    await expect.poll(() => fail.mock.calls).toEqual([[{ errMsg: 'request:fail timeout', errno: 5 }]]);
    await expect(
      settle('checkSession', {}, async () => {
        throw new Failure('checkSession:fail session time out');
      }),
    ).rejects.toEqual({ errMsg: 'checkSession:fail session time out' });
  });

  it('does not take a mistake in the phone for a failure of WeChat', async () => {
    const mistake = new TypeError('undefined is not a function');
    await expect(
      settle('login', {}, () => {
        throw mistake;
      }),
    ).rejects.toBe(mistake);
  });
});
