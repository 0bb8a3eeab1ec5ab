import { readdirSync } from 'node:fs';
import { v7 as uuidv7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../harness/command.js';
import type { ServiceNode } from '../harness/node.js';
import { createUserWithAllData, findUser, jobTimeout } from '../harness/deletion.js';
import { useWorld } from '../harness/world.js';

describe('npm run users:erase', () => {
  const world = useWorld();
  let node: ServiceNode;
  beforeAll(async () => {
    node = await world.startNode();
  });

  const erase = (...options: string[]) => runCommand('users:erase', options, world.environment());

  it('erases a user, whose file the service then removes', async () => {
    const { id, traces } = await createUserWithAllData(world, node, 'quin', '13800000008');
    expect(await erase(id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`User ${id} is erased.`),
      stderr: '',
    });
    expect((await world.login(node, 'quin')).body.isNewUser).toBe(true);
    await world.startNode();
    await expect.poll(() => findUser(world, id), jobTimeout).toMatchObject({ erase_at: null });
    expect(readdirSync(world.avatars)).not.toContain(traces.at(-1));
  });

  it('says what is wrong', async () => {
    const [unknown, none, malformed] = await Promise.all([erase(uuidv7()), erase(), erase('quin')]);
    expect(unknown).toMatchObject({ code: 1, stderr: 'There is no user with this id.\n' });
    for (const result of [none, malformed]) {
      expect(result).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Usage: weapp-auth users:erase'),
      });
    }
  });
});
