import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakePhone, settled } from './fake-phone.js';

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

const allowed = { detail: { errMsg: 'getPhoneNumber:ok', code: 'phone', encryptedData: 'e', iv: 'i' } };

it('the code of the button is stored, and the person has the number', async () => {
  const auth = phone.createAuth();
  const outcome = await settled(auth.getPhoneNumber(allowed));
  expect(outcome).toMatchObject({ outcome: 'stored', user: { phone: '+8613800138000' } });
  expect(phone.to('/me/phone')[0]).toMatchObject({ method: 'POST', data: { code: 'phone' } });
  expect(auth.user!.phone).toBe('+8613800138000');
});

it('an old base library’s encrypted data is stored likewise', async () => {
  const { code: _, ...detail } = allowed.detail;
  const outcome = await settled(phone.createAuth().getPhoneNumber({ detail }));
  expect(outcome).toMatchObject({ outcome: 'stored' });
  expect(phone.to('/me/phone')[0]!.data).toEqual({ encryptedData: 'e', iv: 'i' });
});

it.each([
  'getPhoneNumber:fail user deny',
  'getPhoneNumber:fail:user deny',
  'getPhoneNumber:fail user cancel',
])('a no is a no: %s', async (errMsg) => {
  const auth = phone.createAuth();
  await expect(auth.getPhoneNumber({ detail: { errMsg } })).resolves.toEqual({ outcome: 'denied' });
  expect(phone.sent).toEqual([]);
});

it('a used-up quota is told', async () => {
  const detail = { errMsg: 'getPhoneNumber:fail jsapi has no permission', errno: 1400001 };
  await expect(phone.createAuth().getPhoneNumber({ detail })).resolves.toEqual({ outcome: 'quota_exceeded' });
});

it('a stale session key asks for another tap, after a fresh login', async () => {
  const auth = phone.createAuth();
  phone.expectTrouble('/me/phone', { answer: phone.service.problem(422, 'session_key_stale') });
  await expect(settled(auth.getPhoneNumber(allowed))).resolves.toEqual({ outcome: 'try_again' });
  expect(phone.loginsAsked).toBe(2);
});

it.each(['phone_code_invalid', 'open_data_invalid'])(
  'what is spent or too old asks for another tap: %s',
  async (code) => {
    phone.expectTrouble('/me/phone', { answer: phone.service.problem(422, code) });
    await expect(settled(phone.createAuth().getPhoneNumber(allowed))).resolves.toEqual({
      outcome: 'try_again',
    });
    expect(phone.loginsAsked).toBe(1);
  },
);

it.each([
  [{ errMsg: 'getPhoneNumber:fail no permission' }, { code: 'phone_unavailable' }],
  [{}, { code: 'phone_unavailable' }],
])('anything else of the button’s is an error: %j', async (detail, error) => {
  await expect(phone.createAuth().getPhoneNumber({ detail })).rejects.toMatchObject(error);
});

it.each(['<html>', null])('a 200 that holds %j is no success', async (data) => {
  const auth = phone.createAuth();
  phone.expectTrouble('/me/phone', { answer: phone.service.say(200, data) });
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({
    code: 'unexpected_answer',
    statusCode: 200,
  });
});

it('anything else of the service’s is an error', async () => {
  const auth = phone.createAuth();
  const answer = phone.service.problem(503, 'wechat_unavailable', {}, { 'Retry-After': '3' });
  phone.expectTrouble('/me/phone', { answer }, { lost: 'answer' });
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({
    name: 'AuthError',
    code: 'wechat_unavailable',
    retryAfter: 3,
  });
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({ code: 'network' });
  await settled(auth.logout());
  await expect(settled(auth.getPhoneNumber(allowed))).rejects.toMatchObject({ code: 'signed_out' });
});
