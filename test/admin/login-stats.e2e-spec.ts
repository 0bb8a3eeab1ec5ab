import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startService } from '../../src/app.setup.js';
import { LoginStatsService } from '../../src/audit/login-stats.service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { DatabaseReplica } from '../../src/database/database-replica.js';
import { Database } from '../../src/database/database.js';
import { schema } from '../../src/schema.js';
import type { Answer, ServiceNode } from '../harness/node.js';
import { expectInvalidField } from '../harness/problem.js';
import { alone, cake, tea, useWorld } from '../harness/world.js';

/** The tests log in through one mini-program, and count those of the others. */
describe('login statistics', () => {
  const world = useWorld();
  let node: ServiceNode;
  let token: string;
  let settings: Settings;

  beforeAll(async () => {
    node = await world.startNode();
    settings = loadSettings({ ...world.environment(), LOG_LEVEL: 'silent' });
    ({ accessToken: token } = await world.createAdmin(node, alone.appid));
  });

  const get = (path: string, accessToken = token): Promise<Answer> =>
    node.get(path, { headers: { authorization: `Bearer ${accessToken}` } });

  describe('GET /admin/stats', () => {
    beforeEach(() => world.database.query('TRUNCATE login_stats'));

    const ofOthers = (items: any[]) => items.filter(({ appid }) => appid !== alone.appid);
    const dayBefore = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

    it('tells logins by day, app and outcome, and new users by day and app', async () => {
      await world.database.query(
        `INSERT INTO login_stats (day, appid, outcome, logins, new_users) VALUES
           ($1, $4, 'succeeded', 30, 2), ($1, $4, 'code_invalid', 4, 0), ($1, $3, 'succeeded', 5000000000, 1),
           ($2, $3, 'succeeded', 7, 0)`,
        [dayBefore(0), dayBefore(1), tea.appid, cake.appid],
      );
      const { status, headers, body } = await get('/admin/stats');
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      expect({ logins: ofOthers(body.logins), newUsers: ofOthers(body.newUsers) }).toEqual({
        logins: [
          { day: dayBefore(0), appid: tea.appid, outcome: 'succeeded', count: 5_000_000_000 },
          { day: dayBefore(0), appid: cake.appid, outcome: 'code_invalid', count: 4 },
          { day: dayBefore(0), appid: cake.appid, outcome: 'succeeded', count: 30 },
          { day: dayBefore(1), appid: tea.appid, outcome: 'succeeded', count: 7 },
        ],
        newUsers: [
          { day: dayBefore(0), appid: tea.appid, count: 1 },
          { day: dayBefore(0), appid: cake.appid, count: 2 },
        ],
      });
    });

    it('goes back as many days as it is asked to, today included, and 30 if it is not asked', async () => {
      await world.database.query(
        `INSERT INTO login_stats (day, appid, outcome, logins)
         SELECT $1::date - number, $2, 'succeeded', 1 FROM generate_series(0, 400) AS number`,
        [dayBefore(0), tea.appid],
      );
      const days = async (query: string) =>
        ofOthers((await get(`/admin/stats${query}`)).body.logins).map(({ day }) => day);
      expect(await days('?days=1')).toEqual([dayBefore(0)]);
      expect(await days('?days=3')).toEqual([dayBefore(0), dayBefore(1), dayBefore(2)]);
      expect(await days('?days=366')).toHaveLength(366);
      expect(await days('')).toHaveLength(30);
    });

    it.each(['0', '367', '-1', '1.5', 'x', ''])('refuses ?days=%s', async (days) => {
      expectInvalidField(
        await get(`/admin/stats?days=${days}`),
        'days',
        'days must be a whole number from 1 to 366',
      );
    });
  });

  describe('the login counters', () => {
    const nodes: DataSource[] = [];
    let one: LoginStatsService;
    let other: LoginStatsService;

    /** The counters of a node, as far as the database can tell. */
    async function counters(): Promise<LoginStatsService> {
      const options = dataSourceOptions(schema, { databaseUrl: world.database.url, databasePoolSize: 2 });
      const dataSource = await new DataSource(options).initialize();
      nodes.push(dataSource);
      const database = new Database(dataSource, settings);
      return new LoginStatsService(database, new DatabaseReplica(database, schema, settings), settings);
    }

    beforeAll(async () => {
      one = await counters();
      other = await counters();
    });
    beforeEach(() => world.database.query('TRUNCATE login_stats'));
    afterEach(() => vi.restoreAllMocks());
    afterAll(() => Promise.all(nodes.map((dataSource) => dataSource.destroy())));

    const rows = () =>
      world.database.query(
        `SELECT appid, outcome, logins::integer, new_users::integer AS "newUsers"
         FROM login_stats WHERE appid <> $1 ORDER BY appid, outcome`,
        [alone.appid],
      );

    it('add up what all nodes have counted, written at the same time and in whatever order', async () => {
      const outcomes = ['succeeded', 'code_invalid', 'wechat_unavailable', 'account_disabled'];
      for (let round = 0; round < 20; round += 1) {
        for (const outcome of outcomes) one.count(tea.appid, outcome, outcome === 'succeeded');
        for (const outcome of outcomes.toReversed()) other.count(tea.appid, outcome, false);
        await Promise.all([one.flush(), other.flush()]);
      }
      expect(await rows()).toEqual(
        outcomes.toSorted().map((outcome) => ({
          appid: tea.appid,
          outcome,
          logins: 40,
          newUsers: outcome === 'succeeded' ? 20 : 0,
        })),
      );
    });

    it('have a row for no appid and no outcome that strangers make up', async () => {
      one.count('wx-made-up', 'unknown_app', false);
      one.count(tea.appid, 'toString', false);
      one.count(tea.appid, 'ECONNRESET', false);
      await one.flush();
      expect(await rows()).toEqual([{ appid: tea.appid, outcome: 'internal_error', logins: 2, newUsers: 0 }]);
    });

    it('belong to the day, in UTC, on which they were counted', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-20T23:59:59.999Z') });
      try {
        one.count(tea.appid, 'succeeded', false);
        vi.setSystemTime('2026-11-21T00:00:00.000Z');
        one.count(tea.appid, 'succeeded', false);
      } finally {
        vi.useRealTimers();
      }
      await one.flush();
      expect(
        await world.database.query(
          `SELECT day::text, logins::integer FROM login_stats WHERE appid = $1 ORDER BY day`,
          [tea.appid],
        ),
      ).toEqual([
        { day: '2026-11-20', logins: 1 },
        { day: '2026-11-21', logins: 1 },
      ]);
    });

    it('are kept when they cannot be written, and written the next time', async () => {
      const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
      await world.database.query('ALTER TABLE login_stats RENAME TO elsewhere');
      one.count(tea.appid, 'succeeded', true);
      await one.flush();
      one.count(tea.appid, 'succeeded', false);
      await one.flush();
      await world.database.query('ALTER TABLE elsewhere RENAME TO login_stats');
      await one.flush();
      await one.flush();
      expect(await rows()).toEqual([{ appid: tea.appid, outcome: 'succeeded', logins: 2, newUsers: 1 }]);
      expect(warned.mock.calls.flat()).toEqual([
        expect.stringMatching(/could not be written.*SQLSTATE 42P01$/),
        expect.stringMatching(/could not be written.*SQLSTATE 42P01$/),
      ]);
    });

    it('are written by a node that stops, before it lets go of the database', async () => {
      const service = await startService(settings);
      service.get(LoginStatsService, { strict: false }).count(cake.appid, 'succeeded', true);
      await service.close();
      expect(await rows()).toEqual([{ appid: cake.appid, outcome: 'succeeded', logins: 1, newUsers: 1 }]);
    });
  });
});
