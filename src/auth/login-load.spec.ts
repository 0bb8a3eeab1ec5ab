import { describe, expect, it } from 'vitest';
import { Settings } from '../config/settings.js';
import { NodeOverloadedError } from './auth.errors.js';
import { LoginLoad } from './login-load.js';

const loadOf = (settings: Partial<Settings>) => new LoginLoad(Object.assign(new Settings(), settings));

/** Work that goes on until it is told to end. */
function openWork() {
  const ends: (() => void)[] = [];
  return {
    work: () => new Promise<void>((resolve) => ends.push(resolve)),
    get started() {
      return ends.length;
    },
    endAll: () => ends.splice(0).forEach((end) => end()),
  };
}

describe('the load of logins', () => {
  it('is twice the calls to WeChat at most: those that call, and as many that wait', async () => {
    const load = loadOf({ wechatMaxConcurrency: 2 });
    const { work, endAll } = openWork();
    const logins = Array.from({ length: 4 }, () => load.run(work));
    await expect(load.run(work)).rejects.toThrow(NodeOverloadedError);
    endAll();
    await Promise.all(logins);
    await expect(load.run(async () => 'in')).resolves.toBe('in');
  });

  it('leaves room again after a login that fails', async () => {
    const load = loadOf({ wechatMaxConcurrency: 1 });
    for (let login = 0; login < 3; login += 1) {
      await expect(load.run(() => Promise.reject(new Error('bad code')))).rejects.toThrow('bad code');
    }
    await expect(load.run(async () => 'in')).resolves.toBe('in');
  });

  it('takes no login while twenty for each connection are at the database, and never refuses those', async () => {
    const load = loadOf({ databasePoolSize: 1 });
    const { work, endAll } = openWork();
    const signIns = Array.from({ length: 20 }, () => load.runSignIn(work));
    await expect(load.run(async () => 'in')).rejects.toThrow(NodeOverloadedError);
    signIns.push(load.runSignIn(work));
    endAll();
    await Promise.all(signIns);
    await expect(load.run(async () => 'in')).resolves.toBe('in');
  });

  it('takes two hundred logins at once with the default settings', async () => {
    const load = loadOf({});
    const { work, endAll } = openWork();
    const logins = Array.from({ length: 200 }, () => load.run(() => load.runSignIn(work)));
    endAll();
    await expect(Promise.all(logins)).resolves.toHaveLength(200);
  });
});
