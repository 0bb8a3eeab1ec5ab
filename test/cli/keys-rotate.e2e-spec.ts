import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CommandResult, runCommand } from '../harness/command.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { useWorld } from '../harness/world.js';

interface StoredKey {
  kid: string;
  activeFrom: Date;
  retiredAt: Date | null;
}

const settings = { JWKS_MAX_AGE: '1' };

describe('npm run keys:rotate', () => {
  const world = useWorld();
  let nodes: [ServiceNode, ServiceNode];
  beforeAll(async () => {
    nodes = await Promise.all([world.startNode(settings), world.startNode(settings)]);
  });

  const rotate = (...options: string[]): Promise<CommandResult> =>
    runCommand('keys:rotate', options, world.environment(settings));

  /** In the order in which they sign. */
  const storedKeys = (): Promise<StoredKey[]> =>
    world.database.query<StoredKey>(
      'SELECT kid, active_from AS "activeFrom", retired_at AS "retiredAt" FROM signing_keys ORDER BY active_from',
    );

  /** The one that no rotation has followed yet. */
  async function newestKey(): Promise<StoredKey> {
    return (await storedKeys()).find(({ retiredAt }) => retiredAt === null)!;
  }

  async function tokenFrom(node: ServiceNode): Promise<string> {
    const { status, body } = await world.loginPatiently(node, 'anna');
    expect(status).toBe(200);
    return body.accessToken;
  }

  /** What a node says of a token. On a busy machine, it does not always know what is revoked, and answers 503. */
  async function askNode(node: ServiceNode, token: string): Promise<Answer> {
    for (;;) {
      const answer = await node.me(token);
      if (answer.status !== 503) return answer;
      await sleep(50);
    }
  }

  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const codesFor = (token: string): Promise<string[]> =>
    Promise.all(
      nodes.map(async (node) => {
        const { status, body } = await askNode(node, token);
        return status === 200 ? 'accepted' : body.code;
      }),
    );

  it('changes keys under load, and nobody is refused anywhere', async () => {
    const answers: Answer[] = [];
    const oldToken = await tokenFrom(nodes[0]);
    const load = { stopped: false };
    const phones = [nodes, nodes.toReversed()].map(async ([here, there]) => {
      while (!load.stopped) {
        const login = await world.loginPatiently(here!, 'bert');
        const { accessToken } = login.body;
        answers.push(login, await askNode(there!, accessToken), await askNode(there!, oldToken));
        await sleep(50);
      }
    });
    onTestFinished(async () => {
      load.stopped = true;
      await Promise.all(phones);
    });

    const before = Date.now();
    const { code, stdout, stderr } = await rotate();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first, second] = await storedKeys();
    expect(stdout).toBe(
      `The key ${second!.kid} is published within 10 seconds, and signs from ${second!.activeFrom.toISOString()} on.\n` +
        `The key before it stays good until ${first!.retiredAt!.toISOString()}, when the last of its tokens has expired.\n`,
    );
    expect(second!.activeFrom.getTime() - before).toBeGreaterThanOrEqual(11_000);
    expect(second!.activeFrom.getTime() - Date.now()).toBeLessThan(11_000);
    expect(first!.retiredAt!.getTime() - second!.activeFrom.getTime()).toBe(86_460_000);
    expect(second!.retiredAt).toBeNull();

    for (const node of nodes) {
      await expect.poll(async () => kidOf(await tokenFrom(node)), { interval: 200 }).toBe(second!.kid);
    }
    expect(await codesFor(oldToken)).toEqual(['accepted', 'accepted']);

    const tokensOf = ({ kid }: StoredKey) =>
      answers.flatMap(({ body }) => body.accessToken ?? []).filter((token) => kidOf(token) === kid);
    await expect.poll(() => answers.length).toBeGreaterThan(30);
    await expect.poll(() => tokensOf(second!)).not.toEqual([]);
    load.stopped = true;
    await Promise.all(phones);
    expect(answers.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
    expect(tokensOf(first!)).not.toEqual([]);
    for (const token of tokensOf(second!)) {
      expect(decodeJwt(token).iat, 'the new key signed too early').toBeGreaterThanOrEqual(
        Math.floor(second!.activeFrom.getTime() / 1_000),
      );
    }

    // As if the longest token's life had gone by since.
    await world.database.query(
      `UPDATE signing_keys SET active_from = active_from - interval '25 hours', retired_at = retired_at - interval '25 hours'`,
    );
    await expect.poll(() => codesFor(oldToken)).toEqual(['token_invalid', 'token_invalid']);
    expect(await codesFor(await tokenFrom(nodes[1]))).toEqual(['accepted', 'accepted']);
  });

  it('writes into the audit log', async () => {
    await rotate();
    const { kid, activeFrom } = await newestKey();
    const [event] = await world.database.query('SELECT * FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(event).toMatchObject({
      action: 'keys.rotated',
      actor: 'command',
      details: { kid, activeFrom: activeFrom.toISOString(), compromised: false },
    });
  });

  it('--now has the keys before it refused by every node, also tokens that it remembers, and the new one signs', async () => {
    // An hour, so that the key surely still waits when the next command comes.
    await runCommand('keys:rotate', [], world.environment({ JWKS_MAX_AGE: '3600' }));
    const waiting = await newestKey();
    const oldToken = await tokenFrom(nodes[0]);
    expect(await codesFor(oldToken)).toEqual(['accepted', 'accepted']);

    const { code, stdout } = await rotate('--now');
    const { kid } = await newestKey();
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^The key ${kid} signs from now on\\.\nWithin 10 seconds [^\n]+\n$`));
    await expect.poll(async () => (await askNode(nodes[0], oldToken)).body.code).toBe('token_invalid');

    // The other node may not have met the new key yet.
    const newToken = await tokenFrom(nodes[0]);
    expect(kidOf(newToken)).toBe(kid);
    expect(await codesFor(newToken)).toEqual(['accepted', 'accepted']);
    await expect.poll(() => codesFor(oldToken)).toEqual(['token_invalid', 'token_invalid']);
    expect(kidOf(await tokenFrom(nodes[1]))).toBe(kid);

    const latecomer = await world.startNode(settings);
    expect((await askNode(latecomer, oldToken)).body.code).toBe('token_invalid');
    expect((await askNode(latecomer, newToken)).status).toBe(200);
    expect(kidOf(await tokenFrom(latecomer))).toBe(kid);
    await latecomer.stop();

    const keys = await storedKeys();
    expect(keys.filter(({ retiredAt }) => retiredAt === null).map((key) => key.kid)).toEqual([kid]);
    const { retiredAt, activeFrom } = keys.find((key) => key.kid === waiting.kid)!;
    expect(retiredAt!.getTime()).toBeLessThan(activeFrom.getTime());
  });

  it('runs twice at once: keys sign one after the other, and none retires before its tokens have expired', async () => {
    const known = new Set((await storedKeys()).map(({ kid }) => kid));
    const results = await Promise.all([rotate(), rotate()]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    const keys = (await storedKeys()).filter(({ kid, retiredAt }) => !known.has(kid) || retiredAt === null);
    const [earlier, later] = keys as [StoredKey, StoredKey];
    expect(keys).toHaveLength(2);
    expect(later.activeFrom.getTime()).toBeGreaterThan(earlier.activeFrom.getTime());
    expect(earlier.retiredAt!.getTime() - later.activeFrom.getTime()).toBe(86_460_000);
    expect(later.retiredAt).toBeNull();
  });

  it('runs beside one with --now: one key is left, and everybody gets in with it', async () => {
    await Promise.all([rotate('--now'), rotate()]);
    const lasting = (await storedKeys()).filter(({ retiredAt }) => retiredAt === null);
    expect(lasting).toHaveLength(1);
    await expect.poll(async () => codesFor(await tokenFrom(nodes[0]))).toEqual(['accepted', 'accepted']);
  });

  it('lets no key sign again that is planned to retire, if the settings became shorter meanwhile', async () => {
    await runCommand('keys:rotate', [], world.environment({ JWKS_MAX_AGE: '3600' }));
    const slow = await newestKey();
    await rotate();
    const [before, last] = (await storedKeys()).slice(-2);
    expect(before!.kid).toBe(slow.kid);
    expect(last!.activeFrom.getTime()).toBeGreaterThan(slow.activeFrom.getTime());
    expect(before!.retiredAt!.getTime()).toBeGreaterThan(last!.activeFrom.getTime() + 900_000);
  });

  it('makes a key that signs at once if there is none, and nobody who would have to wait for it', async () => {
    await world.database.query('DELETE FROM signing_keys');
    expect((await rotate()).code).toBe(0);
    const { kid, activeFrom } = await newestKey();
    expect(activeFrom.getTime()).toBeLessThanOrEqual(Date.now());
    await expect.poll(async () => kidOf(await tokenFrom(nodes[0]))).toBe(kid);
  });

  it('answers a wrong call with one line and code 2', async () => {
    for (const result of await Promise.all([rotate('--later'), rotate('now'), rotate('--now=yes')])) {
      expect(result).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^[^\n]+ Usage: weapp-auth keys:rotate [^\n]+\n$/),
      });
    }
  });
});
