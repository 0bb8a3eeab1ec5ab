import Fastify from 'fastify';
import { guard } from 'weapp-auth-guard/fastify';

const app = Fastify();
await app.register(guard, { issuer: process.env.ISSUER ?? 'http://127.0.0.1:3000' });

app.get('/orders', { onRequest: app.guard() }, ({ user }) => {
  return { userId: user.userId, appid: user.appid, roles: user.roles };
});
app.get('/orders/offers', { onRequest: app.guard({ optional: true }) }, ({ user }) => {
  return { userId: user?.userId ?? null };
});
app.get('/orders/health', () => ({ status: 'ok' }));
app.delete(
  '/orders',
  { onRequest: app.guard({ roles: ['moderator'], maxLoginAgeSeconds: 300 }) },
  (_, reply) => reply.status(204).send(),
);

await app.listen({ port: Number(process.env.PORT ?? 4000), host: '127.0.0.1' });
console.log(`Orders are served at http://127.0.0.1:${app.server.address().port}`);
