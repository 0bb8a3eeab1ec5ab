import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { Database } from '../../src/database/database.js';
import { DatabaseUnavailableError } from '../../src/database/database.errors.js';
import { TestDatabase } from '../harness/database.js';

describe('afterCommit of a transaction', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  let database: Database;

  beforeAll(async () => {
    testDatabase = await TestDatabase.create(inject('postgresUrl'));
    const options = dataSourceOptions(
      { entities: [], migrations: [] },
      { databaseUrl: testDatabase.url, databasePoolSize: 4 },
    );
    dataSource = await new DataSource(options).initialize();
    database = new Database(dataSource, new Settings());
    await testDatabase.query('CREATE TABLE notes (text text)');
  });
  afterAll(async () => {
    await database.onApplicationShutdown();
    await dataSource.destroy();
    await testDatabase.drop();
  });
  beforeEach(() => testDatabase.query('TRUNCATE notes'));

  it('is run once, in order, when others can see what was written', async () => {
    const seen: string[] = [];
    const outcome = await database.transaction(async ({ manager, afterCommit }) => {
      await manager.query(`INSERT INTO notes VALUES ('one')`);
      afterCommit(async () => void seen.push(`first, ${await testDatabase.count('notes')} note`));
      afterCommit(() => void seen.push('second'));
      expect(seen).toEqual([]);
      return 'outcome';
    });
    expect(outcome).toBe('outcome');
    expect(seen).toEqual(['first, 1 note', 'second']);
  });

  it('is dropped if the transaction is rolled back', async () => {
    const afterwards = vi.fn<() => void>();
    const failing = database.transaction(async ({ afterCommit }) => {
      afterCommit(afterwards);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(afterwards).not.toHaveBeenCalled();
  });

  it('is dropped before the transaction is run again after a conflict', async () => {
    const seen: number[] = [];
    let attempts = 0;
    await database.transaction(async ({ manager, afterCommit }) => {
      attempts += 1;
      const attempt = attempts;
      afterCommit(() => void seen.push(attempt));
      if (attempt === 1) {
        await manager.query(`DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$`);
      }
    });
    expect(seen).toEqual([2]);
  });

  it('is never run if nobody knows whether the transaction was committed', async () => {
    const afterwards = vi.fn<() => void>();
    const cut = database.transaction(async ({ manager, afterCommit }) => {
      afterCommit(afterwards);
      const [{ pid }] = await manager.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      await testDatabase.query('SELECT pg_terminate_backend($1, 10000)', [pid]);
    });
    await expect(cut).rejects.toBeInstanceOf(DatabaseUnavailableError);
    expect(afterwards).not.toHaveBeenCalled();
  });

  it('is logged if it fails: what was committed stays, and so does what comes after it', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const next = vi.fn<() => void>();
    const outcome = await database.transaction(async ({ manager, afterCommit }) => {
      await manager.query(`INSERT INTO notes VALUES ('kept')`);
      afterCommit(() => {
        throw new Error('the storage is away');
      });
      afterCommit(next);
      return 'outcome';
    });
    expect(outcome).toBe('outcome');
    expect(await testDatabase.count('notes')).toBe(1);
    expect(next).toHaveBeenCalledOnce();
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({ cause: expect.objectContaining({ message: 'the storage is away' }) }),
    );
    error.mockRestore();
  });
});
