import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakePhone, settled } from './fake-phone.js';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

const allowed = { detail: { errMsg: 'getPhoneNumber:ok', code: 'phone', encryptedData: 'e', iv: 'i' } };

it('the code of the button is stored, and the user has the number', async () => {
  const auth = phone.createAuth();
  const outcome = await settled(auth.getPhoneNumber(allowed));
  expect(outcome).toMatchObject({ outcome: 'stored', user: { phone: '+8613800138000' } });
  expect(phone.to('/me/phone')[0]).toMatchObject({ method: 'POST', data: { code: 'phone' } });
  expect(auth.user!.phone).toBe('+8613800138000');
});

it('the encrypted data of an old base library is stored, too', async () => {
  const { code: _, ...detail } = allowed.detail;
  const outcome = await settled(phone.createAuth().getPhoneNumber({ detail }));
  expect(outcome).toMatchObject({ outcome: 'stored' });
  expect(phone.to('/me/phone')[0]!.data).toEqual({ encryptedData: 'e', iv: 'i' });
});

it.each([
  'getPhoneNumber:fail user deny',
  'getPhoneNumber:fail:user deny',
  'getPhoneNumber:fail user cancel',
])('a refusal of the user is an outcome: %s', async (errMsg) => {
  const auth = phone.createAuth();
  await expect(auth.getPhoneNumber({ detail: { errMsg } })).resolves.toEqual({ outcome: 'denied' });
  expect(phone.sent).toEqual([]);
});

it('a used-up quota is an outcome', async () => {
  const detail = { errMsg: 'getPhoneNumber:fail jsapi has no permission', errno: 1400001 };
  await expect(phone.createAuth().getPhoneNumber({ detail })).resolves.toEqual({ outcome: 'quota_exceeded' });
});

it('after a stale session key and a fresh login, the user has to tap again', async () => {
  const auth = phone.createAuth();
  phone.injectFaults('/me/phone', { answer: phone.service.problem(422, 'session_key_stale') });
  await expect(settled(auth.getPhoneNumber(allowed))).resolves.toEqual({ outcome: 'try_again' });
  expect(phone.loginsAsked).toBe(2);
});

it.each(['phone_code_invalid', 'open_data_invalid'])(
  'if it is used or too old, the user has to tap again: %s',
  async (code) => {
    phone.injectFaults('/me/phone', { answer: phone.service.problem(422, code) });
    await expect(settled(phone.createAuth().getPhoneNumber(allowed))).resolves.toEqual({
      outcome: 'try_again',
    });
    expect(phone.loginsAsked).toBe(1);
  },
);

it.each([
  [{ errMsg: 'getPhoneNumber:fail no permission' }, { code: 'phone_unavailable' }],
  [{}, { code: 'phone_unavailable' }],
])('every other result of the button is an error: %j', async (detail, error) => {
  await expect(phone.createAuth().getPhoneNumber({ detail })).rejects.toMatchObject(error);
});

it.each(['<html>', null])('a 200 with %j is no success', async (data) => {
  const auth = phone.createAuth();
  phone.injectFaults('/me/phone', { answer: phone.service.say(200, data) });
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({
    code: 'unexpected_answer',
    statusCode: 200,
  });
});

it('every other answer of the service is an error', async () => {
  const auth = phone.createAuth();
  const answer = phone.service.problem(503, 'wechat_unavailable', {}, { 'Retry-After': '3' });
  phone.injectFaults('/me/phone', { answer }, { lost: 'answer' });
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({
    name: 'AuthError',
    code: 'wechat_unavailable',
    retryAfter: 3,
  });
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({ code: 'network' });
  await settled(auth.logout());
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({ code: 'signed_out' });
});
