// Receives webhooks, and prints what has happened to whom. Needs standardwebhooks.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

async function receive(request, response) {
  const body = await text(request);
  try {
    const { type, data } = webhook.verify(body, request.headers);
    console.log(type, data.userId, data.into ?? '');
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}

const server = createServer((request, response) => void receive(request, response));

server.listen(process.env.PORT ?? 4001, '127.0.0.1', () => {
  console.log(`Webhooks are received at http://127.0.0.1:${server.address().port}/`);
});
