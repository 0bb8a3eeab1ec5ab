import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Admin } from '../harness/admin.js';
import type { ServiceNode } from '../harness/node.js';
import { createUserWithAllData, expectErased } from '../harness/deletion.js';
import { useWorld } from '../harness/world.js';

describe('erasing a user', () => {
  const world = useWorld();
  let node: ServiceNode;
  let admin: Admin;
  beforeAll(async () => {
    node = await world.startNode();
    admin = await world.createAdmin(node);
  });

  describe('DELETE /admin/users/:id', () => {
    it('erases a user at once', async () => {
      const { login, id, traces } = await createUserWithAllData(world, node, 'lena', '13800000004');
      const answer = await admin.callUsers('DELETE', id);
      expect(answer).toMatchObject({ status: 202, body: { eraseAt: expect.any(String) } });
      expect(Date.parse(answer.body.eraseAt)).toBeLessThanOrEqual(Date.now());
      expect(await node.me(login.body.accessToken)).toMatchObject({ body: { reason: 'deleted' } });
      await expectErased(world, id, traces);
      expect((await admin.callUsers('DELETE', id)).status).toBe(202);
      expect((await world.login(node, 'lena')).body.isNewUser).toBe(true);
    });

    it('needs the role admin, and an existing user', async () => {
      const { body } = await world.login(node, 'mona');
      const path = `/admin/users/${body.user.id}`;
      expect((await node.as(body.accessToken, 'DELETE', path)).body.code).toBe('forbidden');
      expect((await admin.callUsers('DELETE', uuidv7())).body.code).toBe('not_found');
      expect((await admin.callUsers('DELETE', 'x')).body.code).toBe('invalid_request');
      expect((await world.login(node, 'mona')).body.isNewUser).toBe(false);
    });

    it('takes what was merged into the user along, by either id', async () => {
      const { id, traces } = await createUserWithAllData(world, node, 'nora', '13800000005');
      const merged = (await world.login(node, 'nora-too')).body.user.id;
      await world.database.query('UPDATE identities SET user_id = $1 WHERE user_id = $2', [id, merged]);
      await world.database.query(
        `UPDATE users SET status = 'merged', merged_into = $1, nickname = 'a merged nickname' WHERE id = $2`,
        [id, merged],
      );
      expect((await admin.callUsers('DELETE', merged)).status).toBe(202);
      await expectErased(world, id, [...traces, 'a merged nickname']);
      const sessions = await world.database.query('SELECT ip FROM sessions WHERE user_id = $1', [merged]);
      expect(sessions).toEqual([{ ip: null }]);
    });
  });
});
