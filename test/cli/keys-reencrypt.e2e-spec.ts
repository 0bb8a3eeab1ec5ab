import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { decryptIfPossible, FieldCipher } from '../../src/crypto/field-cipher.js';
import type { StoredSessionKey } from '../../src/users/identities/identity.entity.js';
import { PhoneCipher } from '../../src/users/profile/phone-cipher.js';
import { type CommandResult, OperatorCommand, runCommand } from '../harness/command.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { alone, tea, useWorld } from '../harness/world.js';

interface StoredIdentity {
  id: string;
  appid: string;
  openid: string;
  session_keys: StoredSessionKey[];
}

/** More users than one batch, from before the change. */
const manyUsers = 1_200;

describe('re-encryption: a change of ENCRYPTION_KEYS', () => {
  const world = useWorld();
  const newKey = randomBytes(32).toString('base64');
  let oldRing: KeyRing;
  const newRing = new KeyRing([newKey]);
  /** Settings of a node, or a command, with these keys. */
  const under = (...keys: string[]) => ({ ENCRYPTION_KEYS: keys.join(',') });
  let oldFirst: ServiceNode;
  let newFirst: ServiceNode;
  let annasId: string;

  beforeAll(async () => {
    world.keepSecret(newKey);
    oldRing = new KeyRing([world.encryptionKey]);
    const before = await world.startNode();
    annasId = (await world.login(before, 'anna')).body.user.id;
    await world.login(before, 'admin', alone.appid);
    await world.database.query(`UPDATE users SET roles = '{admin}' WHERE id <> $1`, [annasId]);
    await fill();
    await before.stop();
    [oldFirst, newFirst] = await Promise.all([
      world.startNode(under(world.encryptionKey, newKey)),
      world.startNode(under(newKey, world.encryptionKey)),
    ]);
  });

  const sealKey = (
    ring: KeyRing,
    { appid, openid }: { appid: string; openid: string },
    sessionKey: string,
  ): StoredSessionKey => ({
    sealed: new FieldCipher(ring, 'session-key').encrypt(sessionKey, `${appid}|${openid}`),
    fingerprint: ring.hash('session-key-fingerprint', appid, openid, sessionKey).toString('base64url'),
    at: new Date().toISOString(),
  });

  const phoneOf = (index: number) => `+86138${String(index).padStart(8, '0')}`;

  /** Everybody has a phone and two session keys, all under the old key. */
  async function fill(): Promise<void> {
    const phones = new PhoneCipher(oldRing);
    const users = Array.from({ length: manyUsers }, (_, index) => {
      const userId = uuidv7();
      const identity = { appid: tea.appid, openid: `o-reencrypt-${index}` };
      const sessionKeys = ['newer', 'older'].map((age) => sealKey(oldRing, identity, `${age} ${index}`));
      return { userId, ...phones.encrypt(userId, phoneOf(index)), ...identity, sessionKeys };
    });
    await world.database.query(
      `INSERT INTO users (id, phone_sealed, phone_index) SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])`,
      [
        users.map(({ userId }) => userId),
        users.map(({ phoneSealed }) => phoneSealed),
        users.map(({ phoneIndex }) => phoneIndex),
      ],
    );
    await world.database.query(
      `INSERT INTO identities (id, appid, openid, user_id, session_keys)
       SELECT gen_random_uuid(), $1, * FROM unnest($2::text[], $3::uuid[], $4::jsonb[])`,
      [
        tea.appid,
        users.map(({ openid }) => openid),
        users.map(({ userId }) => userId),
        users.map(({ sessionKeys }) => JSON.stringify(sessionKeys)),
      ],
    );
  }

  const identities = (): Promise<StoredIdentity[]> =>
    world.database.query<StoredIdentity>(
      'SELECT id, appid, openid, session_keys FROM identities ORDER BY id',
    );

  async function identityOf(userId: string): Promise<StoredIdentity> {
    const [identity] = await world.database.query<StoredIdentity>(
      'SELECT id, appid, openid, session_keys FROM identities WHERE user_id = $1',
      [userId],
    );
    return identity!;
  }

  /** All that is sealed or hashed and that a ring alone does not open or find. */
  async function lostWith(ring: KeyRing): Promise<string[]> {
    const lost: string[] = [];
    const signingKeys = new FieldCipher(ring, 'signing-key');
    for (const { kid, sealed } of await world.database.query<{ kid: string; sealed: string }>(
      'SELECT kid, private_key_sealed AS sealed FROM signing_keys',
    )) {
      if (decryptIfPossible(() => signingKeys.decrypt(sealed, kid)) === undefined) {
        lost.push(`signing key ${kid}`);
      }
    }
    const phones = new PhoneCipher(ring);
    for (const { id, sealed, index } of await world.database.query<{
      id: string;
      sealed: string;
      index: Buffer;
    }>('SELECT id, phone_sealed AS sealed, phone_index AS index FROM users WHERE phone_sealed IS NOT NULL')) {
      const phone = decryptIfPossible(() => phones.decrypt({ id, phoneSealed: sealed })!);
      if (phone === undefined || !phones.hashPhone(phone)[0]!.equals(index)) lost.push(`phone of ${id}`);
    }
    const sessionKeys = new FieldCipher(ring, 'session-key');
    for (const { id, appid, openid, session_keys: stored } of await identities()) {
      for (const { sealed, fingerprint } of stored) {
        const key = decryptIfPossible(() => sessionKeys.decrypt(sealed, `${appid}|${openid}`));
        const isFound =
          key !== undefined &&
          ring.hash('session-key-fingerprint', appid, openid, key).toString('base64url') === fingerprint;
        if (!isFound) lost.push(`session key of ${id}`);
      }
    }
    return lost;
  }

  const reencrypt = (): Promise<CommandResult> =>
    runCommand('keys:reencrypt', [], world.environment(under(newKey, world.encryptionKey)));

  const findPhone = async (node: ServiceNode, index: number): Promise<Answer> => {
    const { body } = await world.login(node, 'admin', alone.appid);
    return node.post(
      '/admin/users/search',
      { q: phoneOf(index) },
      { headers: { authorization: `Bearer ${body.accessToken}` } },
    );
  };

  it('leaves nodes with either order of the keys to understand what the other has written', async () => {
    await world.control('POST', '/settings', { sessionKeyMinInterval: 3_600 });
    await world.login(oldFirst, 'anna');
    const [{ sealed }] = (await identityOf(annasId)).session_keys as [StoredSessionKey];
    const answer = await world.login(newFirst, 'anna');
    expect(answer.body).toMatchObject({ isNewUser: false, user: { id: annasId } });
    // The same session key is known as such, whichever key its fingerprint was made with.
    expect((await identityOf(annasId)).session_keys[0]!.sealed).toBe(sealed);
    expect((await oldFirst.me(answer.body.accessToken)).status).toBe(200);

    for (const [node, index] of [
      [newFirst, 7],
      [oldFirst, 8],
    ] as const) {
      expect((await findPhone(node, index)).body.items).toMatchObject([{ phone: phoneOf(index) }]);
    }
    const [user] = (await findPhone(newFirst, 9)).body.items;
    const { phoneSealed, phoneIndex } = new PhoneCipher(newRing).encrypt(user.id, phoneOf(9));
    await world.database.query('UPDATE users SET phone_sealed = $2, phone_index = $3 WHERE id = $1', [
      user.id,
      phoneSealed,
      phoneIndex,
    ]);
    expect((await findPhone(oldFirst, 9)).body.items).toMatchObject([{ id: user.id, phone: phoneOf(9) }]);
  });

  it('is completed by keys:reencrypt while users log in, and everything opens with the new key alone', async () => {
    await oldFirst.stop();
    expect((await lostWith(newRing)).length).toBeGreaterThan(3 * manyUsers);

    const answers: Answer[] = [];
    const load = { stopped: false };
    const phones = Array.from({ length: 4 }, async (_, phone) => {
      for (let round = 0; !load.stopped; round += 1) {
        answers.push(await world.login(newFirst, `user-${phone}-${round % 5}`));
      }
    });
    onTestFinished(async () => {
      load.stopped = true;
      await Promise.all(phones);
    });
    await expect.poll(() => answers.length).toBeGreaterThan(40);
    const { code, stdout, stderr } = await reencrypt();
    load.stopped = true;
    await Promise.all(phones);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, renewed] = /^(\d+) of \d+ rows were renewed; all are under the newest key\.\n$/.exec(stdout)!;
    // One phone was sealed under the new key before; the identities of anna and the admin are renewed, too.
    expect(Number(renewed)).toBe(1 + (manyUsers - 1) + (manyUsers + 2));
    expect(await lostWith(newRing)).toEqual([]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('keeps what a session key was, and when it came', async () => {
    const box = new FieldCipher(newRing, 'session-key');
    const [{ appid, openid, session_keys: stored }] = (await identities()).filter(
      (identity) => identity.openid === 'o-reencrypt-42',
    ) as [StoredIdentity];
    const opened = stored.map(({ sealed }) => box.decrypt(sealed, `${appid}|${openid}`));
    expect(opened).toEqual(['newer 42', 'older 42']);
    expect(stored.every(({ at }) => Date.parse(at) < Date.now())).toBe(true);
  });

  it('finds nothing to do when it runs again', async () => {
    expect(await reencrypt()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0 of \d+ rows were renewed; all are under the newest key\.\n$/),
    });
  });

  it('keeps the session key of a login that comes between, and lets the others of the batch not wait for it', async () => {
    const rows = (await identities()).slice(0, 10);
    for (const { id, ...identity } of rows) {
      await world.database.query('UPDATE identities SET session_keys = $2 WHERE id = $1', [
        id,
        JSON.stringify([sealKey(oldRing, identity, 'before')]),
      ]);
    }
    const { id, ...identity } = rows[0]!;
    const login = new Client({ connectionString: world.database.url });
    await login.connect();
    onTestFinished(() => login.end());
    await login.query('BEGIN');
    await login.query('UPDATE identities SET session_keys = $2::jsonb || session_keys WHERE id = $1', [
      id,
      JSON.stringify([sealKey(newRing, identity, 'meanwhile')]),
    ]);

    const command = OperatorCommand.launch(
      'keys:reencrypt',
      [],
      world.environment(under(newKey, world.encryptionKey)),
    );
    await expect.poll(() => lostWith(newRing)).toEqual([`session key of ${id}`]);
    expect(command.process.exitCode).toBeNull();
    await login.query('COMMIT');
    expect(await command.result()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^${rows.length} of `)),
    });

    const box = new FieldCipher(newRing, 'session-key');
    const [{ session_keys: stored }] = (await identities()).filter((each) => each.id === id) as [
      StoredIdentity,
    ];
    expect(stored.map(({ sealed }) => box.decrypt(sealed, `${identity.appid}|${identity.openid}`))).toEqual([
      'meanwhile',
      'before',
    ]);
  });

  it('names what no key opens by its id, renews everything else, and answers with code 1', async () => {
    const strange = new KeyRing([randomBytes(32).toString('base64')]);
    const [first, second] = (await identities()).filter(({ openid }) => /^o-reencrypt-2\d$/.test(openid));
    const [user] = (await findPhone(newFirst, 30)).body.items;
    const set = (id: string, keys: StoredSessionKey[]) =>
      world.database.query('UPDATE identities SET session_keys = $2 WHERE id = $1', [
        id,
        JSON.stringify(keys),
      ]);
    await set(first!.id, [sealKey(oldRing, first!, 'good'), sealKey(strange, first!, 'lost')]);
    await set(second!.id, [sealKey(oldRing, second!, 'good')]);
    await world.database.query('UPDATE users SET phone_sealed = $2 WHERE id = $1', [
      user.id,
      new PhoneCipher(strange).encrypt(user.id, phoneOf(30)).phoneSealed,
    ]);

    const { code, stdout, stderr } = await reencrypt();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^2 of \d+ rows were renewed; 2 could not be decrypted, see above\.\n$/);
    expect(stderr).toBe(
      `users ${user.id}: no key of ENCRYPTION_KEYS opens all that is sealed there.\n` +
        `identities ${first!.id}: no key of ENCRYPTION_KEYS opens all that is sealed there.\n`,
    );
    expect(await lostWith(newRing)).toEqual([`phone of ${user.id}`, `session key of ${first!.id}`]);
    expect(await reencrypt()).toMatchObject({ code: 1, stdout: expect.stringMatching(/^0 of /) });

    const { phoneSealed, phoneIndex } = new PhoneCipher(newRing).encrypt(user.id, phoneOf(30));
    await world.database.query('UPDATE users SET phone_sealed = $2, phone_index = $3 WHERE id = $1', [
      user.id,
      phoneSealed,
      phoneIndex,
    ]);
    await set(first!.id, []);
  });

  it('ends with nodes that have the new key alone: they sign with the same key, and know everybody', async () => {
    const { body } = await world.login(newFirst, 'anna');
    const node = await world.startNode(under(newKey));
    expect((await node.me(body.accessToken)).status).toBe(200);
    const answer = await world.login(node, 'anna');
    expect(answer.body).toMatchObject({ isNewUser: false, user: { id: annasId } });
    expect((await newFirst.me(answer.body.accessToken)).status).toBe(200);
    expect((await findPhone(node, 11)).body.items).toMatchObject([{ phone: phoneOf(11) }]);
    expect(await lostWith(newRing)).toEqual([]);
  });

  it('takes no options', async () => {
    const result = await runCommand('keys:reencrypt', ['--force'], world.environment());
    expect(result).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^[^\n]+ Usage: weapp-auth keys:reencrypt\n$/),
    });
  });
});
