import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { createVerifier } from '../src/index.js';
import { guard } from '../src/fastify.js';
import { createTestToken, testIssuer } from '../src/testing.js';
import { call } from './served.js';

const options = { issuer: testIssuer.url, fetch: testIssuer.fetch };

async function start(registered: Parameters<typeof guard>[1] = options) {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(guard, registered);
  app.get('/orders', { onRequest: app.guard() }, ({ user }) => ({ userId: user?.userId }));
  app.get('/reports', { onRequest: app.guard({ roles: ['admin'] }) }, () => ({}));
  return app;
}

it('Fastify: the handler gets the user of the token', async () => {
  const app = await start();
  const authorization = `Bearer ${await createTestToken({ userId: 'anna' })}`;
  const answer = await app.inject({ url: '/orders', headers: { authorization } });
  expect(answer.json()).toEqual({ userId: 'anna' });
});

it('Fastify: a refusal is a problem document with the headers of its code', async () => {
  const app = await start();
  const answer = await app.inject({ url: '/orders' });
  expect(answer).toMatchObject({
    statusCode: 401,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'www-authenticate': 'Bearer',
      'cache-control': 'no-store',
    },
  });
  expect(answer.json()).toMatchObject({ code: 'token_missing', status: 401 });
  const authorization = `Bearer ${await createTestToken()}`;
  const forbidden = await app.inject({ url: '/reports', headers: { authorization } });
  expect(forbidden).toMatchObject({
    statusCode: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  });
});

it('Fastify: two Authorization headers are refused', async () => {
  const token = await createTestToken();
  const app = await start();
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const twice = await call(`${url}/orders`, [`Bearer ${token}`, `Bearer ${token}`]);
  expect(twice).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
});

it('Fastify: a plugin can be given a verifier, and routes of other plugins have the guard', async () => {
  const app = await start({ verifier: createVerifier(options) });
  await app.register(async (inner) => {
    inner.get('/inner', { onRequest: inner.guard() }, () => ({}));
  });
  const authorization = `Bearer ${await createTestToken()}`;
  expect((await app.inject({ url: '/inner' })).statusCode).toBe(401);
  expect((await app.inject({ url: '/inner', headers: { authorization } })).statusCode).toBe(200);
});
