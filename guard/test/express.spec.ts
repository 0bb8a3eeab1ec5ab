import express from 'express';
import { expect, it } from 'vitest';
import { createVerifier } from '../src/index.js';
import { createGuard } from '../src/express.js';
import { createTestToken, testIssuer } from '../src/testing.js';
import { call, serve } from './served.js';

const options = { issuer: testIssuer.url, fetch: testIssuer.fetch };

async function start(guard = createGuard(options)): Promise<string> {
  const app = express();
  app.get('/orders', guard(), ({ user }: { user?: { userId: string } }, response: express.Response) => {
    response.json({ userId: user?.userId });
  });
  app.get('/reports', guard({ roles: ['admin'] }), (_: unknown, response: express.Response) => {
    response.json({});
  });
  return serve(app);
}

it('Express: the handler gets the user of the token', async () => {
  const url = await start();
  const token = await createTestToken({ userId: 'anna' });
  expect(await call(`${url}/orders`, [`Bearer ${token}`])).toMatchObject({
    status: 200,
    body: { userId: 'anna' },
  });
});

it('Express: a refusal is a problem document with the headers of its code', async () => {
  const url = await start();
  expect(await call(`${url}/orders`)).toMatchObject({
    status: 401,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'www-authenticate': 'Bearer',
      'cache-control': 'no-store',
    },
    body: { code: 'token_missing' },
  });
  const token = await createTestToken();
  expect(await call(`${url}/reports`, [`Bearer ${token}`])).toMatchObject({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
    body: { code: 'forbidden' },
  });
});

it('Express: two Authorization headers are refused', async () => {
  const token = await createTestToken();
  const url = await start();
  const twice = await call(`${url}/orders`, [`Bearer ${token}`, `Bearer ${token}`]);
  expect(twice).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
});

it('Express: several guards share a verifier', async () => {
  const url = await start(createGuard(createVerifier(options)));
  expect((await call(`${url}/orders`, [`Bearer ${await createTestToken()}`])).status).toBe(200);
});
