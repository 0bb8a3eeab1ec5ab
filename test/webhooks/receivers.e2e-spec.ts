import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { guideBlock } from '../harness/guide.js';
import { useWorld } from '../harness/world.js';

const examples = join(import.meta.dirname, '../../examples/webhooks');

/** Each example, what it needs, and the language of its block in the guide. */
const receivers: [file: string, needs: string, command: string[], probe: string[], language: string][] = [
  ['receiver.js', 'Node', [process.execPath, 'receiver.js'], ['--version'], 'js'],
  ['receiver.py', 'Python', ['python3', 'receiver.py'], ['-c', 'from hmac import digest'], 'python'],
  ['Receiver.java', 'a JDK', ['java', 'Receiver.java'], ['--list-modules'], 'java'],
  ['receiver.go', 'Go', ['go', 'run', 'receiver.go'], ['version'], 'go'],
];

describe('the example receivers of webhooks', () => {
  const world = useWorld();

  it.each(receivers)('%s is what the guide shows', (file, _, __, ___, language) => {
    const shown = guideBlock('webhooks.md', language, 'webhook');
    const lines = readFileSync(join(examples, file), 'utf8')
      .split('\n')
      .map((line) => line.trim());
    const all = lines.join('\n');
    expect(all).toContain(
      shown
        .trim()
        .split('\n')
        .map((line) => line.trim())
        .join('\n'),
    );
  });

  describe.each(receivers)('%s, if this machine has %s', (file, _, [program, ...args], probe) => {
    const isThere = spawnSync(program!, probe).status === 0;

    it.skipIf(!isThere)('takes what the service sends, and refuses what somebody else sends', async () => {
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      world.keepSecret(secret);
      const receiver = spawn(program!, args, {
        cwd: examples,
        env: { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' },
        // What `go run` starts ends with its group.
        detached: true,
      });
      let output = '';
      receiver.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      receiver.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      try {
        await expect.poll(() => output).toMatch(/received at (\S+)/);
        const url = /received at (\S+)/.exec(output)![1]!;
        const node = await world.startNode({ WEBHOOKS: JSON.stringify([{ url, secret: [secret] }]) });
        const [gone, stays] = [
          await world.login(node, `anna of ${file}`),
          await world.login(node, `bert of ${file}`),
        ].map(({ body }) => body.user.id as string);
        await expect.poll(() => output).toContain(`user.created ${gone}`);

        const post = (headers: Record<string, string>, body: string) =>
          fetch(url, { method: 'POST', headers, body }).then(({ status }) => status);
        const send = async (signWith: string, at: Date, tamper = (body: string) => body) => {
          const body = JSON.stringify({
            type: 'user.merged',
            timestamp: at.toISOString(),
            data: { userId: gone, into: stays },
          });
          const signature = new Webhook(signWith).sign('id', at, body);
          const stamp = String(Math.floor(at.getTime() / 1_000));
          const other = `v1,${randomBytes(32).toString('base64')}`;
          return post(
            { 'webhook-id': 'id', 'webhook-timestamp': stamp, 'webhook-signature': `${other} ${signature}` },
            tamper(body),
          );
        };
        const stranger = `whsec_${randomBytes(32).toString('base64')}`;
        expect(await post({}, '{}')).toBe(400);
        expect(await send(stranger, new Date())).toBe(400);
        expect(await send(secret, new Date(), (body) => body.replace(stays!, gone!))).toBe(400);
        expect(await send(secret, new Date(Date.now() - 600_000))).toBe(400);
        expect(output).not.toContain('user.merged');
        expect(await send(secret, new Date())).toBe(204);
        await expect.poll(() => output).toContain(`user.merged ${gone} ${stays}`);
      } finally {
        process.kill(-receiver.pid!);
      }
    });
  });
});
