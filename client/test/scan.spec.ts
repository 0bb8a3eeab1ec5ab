import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakePhone, settled } from './fake-phone.js';

const found = {
  clientName: 'Tea shop',
  userCode: 'BCDF-GHJK',
  ip: '192.0.2.1',
  userAgent: 'Firefox',
  startedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T00:05:00.000Z',
  sameAddress: true,
};

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
});
afterEach(() => void vi.useRealTimers());

const answerLook = () => phone.injectFaults('/me/scans/look', { answer: phone.service.say(200, found) });
const answerDecision = () => phone.injectFaults('/me/scans/decide', { answer: phone.service.say(204, '') });

it.each([{ scene: 'AbC-_123' }, { userCode: 'bcdfghjk' }])('%o shows who asks', async (reference) => {
  answerLook();
  expect(await settled(phone.createAuth().scan(reference))).toMatchObject(found);
  expect(phone.to('/me/scans/look')[0]).toMatchObject({ method: 'POST', data: reference });
});

it.each([
  ['approve', true],
  ['deny', false],
] as const)('%s() tells the service, by what was scanned', async (name, approve) => {
  answerLook();
  answerDecision();
  const scan = await settled(phone.createAuth().scan({ scene: 'AbC' }));
  await expect(settled(scan[name]())).resolves.toBeUndefined();
  expect(phone.to('/me/scans/decide')[0]!.data).toEqual({ scene: 'AbC', approve });
});

it('an approval after a while logs in first, and is repeated', async () => {
  answerLook();
  phone.injectFaults('/me/scans/decide', { answer: phone.service.freshLoginRequired() });
  const scan = await settled(phone.createAuth().scan({ scene: 'AbC' }));
  answerDecision();
  await settled(scan.approve());
  expect(phone.loginsAsked).toBe(2);
  expect(phone.to('/me/scans/decide')).toHaveLength(2);
});

it('a code that is unknown, expired or of somebody else is not_found', async () => {
  phone.injectFaults('/me/scans/look', { answer: phone.service.problem(404, 'not_found') });
  await expect(settled(phone.createAuth().scan({ userCode: 'BCDF-GHJK' }))).rejects.toMatchObject({
    code: 'not_found',
  });
});

it('an answer that is not from the service is none', async () => {
  phone.injectFaults('/me/scans/look', { answer: phone.service.say(200, '<html>') });
  await expect(settled(phone.createAuth().scan({ scene: 'AbC' }))).rejects.toMatchObject({
    code: 'unexpected_answer',
  });
});
