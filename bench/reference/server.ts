import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { database } from './database.js';
import { logIn } from './login.js';
import { openData } from './open-data.js';
import { refresh } from './refresh.js';
import { search, type Search } from './search.js';
import { type Claims, verifyBearer } from './tokens.js';

/*
 * The work of the service, written by hand: what the same stack can do. It has no Nest and no TypeORM, and does without
 * what a service needs beside the work: retries, limits, replays of login codes, merging, bans, logs, security headers.
 */

const server = Fastify();

const required = (...names: string[]) => ({
  body: {
    type: 'object',
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string', minLength: 1 }])),
  },
});

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send({ status });
}

/** Runs `work` for the user of the request's access token. */
function guarded(
  work: (claims: Claims, request: FastifyRequest, reply: FastifyReply) => unknown,
): (request: FastifyRequest, reply: FastifyReply) => unknown {
  return (request, reply) => {
    const claims = verifyBearer(request.headers.authorization);
    return claims === undefined ? refuse(reply, 401) : work(claims, request, reply);
  };
}

server.get('/health/ready', async () => {
  await database.query('SELECT 1');
  return { status: 'ok' };
});

server.post<{ Body: { code: string } }>(
  '/auth/login',
  { schema: required('code') },
  async (request, reply) => {
    const response = await logIn(request.body.code, request.ip, request.headers['user-agent']);
    return response ?? refuse(reply, 403);
  },
);

server.post<{ Body: { refreshToken: string } }>(
  '/auth/refresh',
  { schema: required('refreshToken') },
  async (request, reply) => (await refresh(request.body.refreshToken)) ?? refuse(reply, 401),
);

server.get(
  '/auth/verify',
  guarded(({ sub, sid, client_id: appid, roles }, _request, reply) =>
    reply
      .code(204)
      .headers({
        'cache-control': 'no-store',
        'x-user-id': sub,
        'x-session-id': sid,
        'x-app-id': appid,
        'x-user-roles': roles.join(','),
      })
      .send(),
  ),
);

server.post(
  '/me/open-data',
  { schema: required('encryptedData', 'iv') },
  guarded(async (claims, { body }, reply) => {
    const data = await openData(claims, body as { encryptedData: string; iv: string });
    return data === undefined ? refuse(reply, 422) : { data };
  }),
);

server.post(
  '/admin/users/search',
  guarded(async (claims, { body, ip }, reply) => {
    if (!claims.roles.includes('admin')) return refuse(reply, 403);
    return (await search(claims, ip, body as Search)) ?? refuse(reply, 400);
  }),
);

process.once('SIGTERM', () => void server.close().then(() => database.end()));
await server.listen({ host: process.env['HOST'], port: Number(process.env['PORT']) });
