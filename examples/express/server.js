import express from 'express';
import { createGuard } from 'weapp-auth-guard/express';

const guard = createGuard({ issuer: process.env.ISSUER ?? 'http://127.0.0.1:3000' });
const app = express();

app.get('/orders', guard(), ({ user }, response) => {
  response.json({ userId: user.userId, appid: user.appid, roles: user.roles });
});
app.get('/orders/offers', guard({ optional: true }), ({ user }, response) => {
  response.json({ userId: user?.userId ?? null });
});
app.get('/orders/health', (_, response) => response.json({ status: 'ok' }));
app.delete('/orders', guard({ roles: ['moderator'], maxLoginAgeSeconds: 300 }), (_, response) => {
  response.status(204).end();
});

const server = app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  console.log(`Orders are served at http://127.0.0.1:${server.address().port}`);
});
