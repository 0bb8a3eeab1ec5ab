import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { Settings } from '../config/settings.js';
import { DatabaseReplica } from './database-replica.js';
import { DatabaseUnavailableError } from './database.errors.js';
import { Database } from './database.js';

const settings = Object.assign(new Settings(), { databaseReplicaUrl: 'postgres://replica.test/weapp' });

describe('the replica', () => {
  let warn: MockInstance<Logger['warn']>;
  beforeEach(() => {
    vi.useFakeTimers();
    warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  function createReplica(query = async () => [{ cluster: '1/5', wal: '0/1' }]): DatabaseReplica {
    const primary = {
      query,
      run: async () => 'from the primary',
    };
    return new DatabaseReplica(primary as unknown as Database, { entities: [], migrations: [] }, settings);
  }

  const read = (replica: DatabaseReplica) => replica.run(async () => 'from the replica');

  it('is read only after it has been opened, also by what comes in the meantime', async () => {
    let open!: (source: DataSource) => void;
    const opened = new Promise<DataSource>((resolve) => (open = resolve));
    const initialize = vi.spyOn(DataSource.prototype, 'initialize').mockImplementation(function (
      this: DataSource,
    ) {
      // As TypeORM does, before it knows the entities.
      Object.assign(this, { isInitialized: true });
      return opened;
    });
    const transaction = vi.spyOn(Database.prototype, 'transaction').mockResolvedValue('from the replica');
    const replica = createReplica();

    const first = read(replica);
    await vi.advanceTimersByTimeAsync(1);
    const second = read(replica);
    await vi.advanceTimersByTimeAsync(1);
    expect(transaction).not.toHaveBeenCalled();

    open({} as DataSource);
    expect(await Promise.all([first, second])).toEqual(['from the replica', 'from the replica']);
    expect(initialize).toHaveBeenCalledOnce();
  });

  it('is tried by one read, ten seconds after it has failed; the others do not wait for it', async () => {
    const initialize = vi
      .spyOn(DataSource.prototype, 'initialize')
      .mockRejectedValue(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    const replica = createReplica();
    await read(replica);
    await read(replica);
    expect(initialize).toHaveBeenCalledTimes(1);

    await vi.advanceTimersByTimeAsync(10_000);
    // The next attempt hangs.
    initialize.mockReturnValue(new Promise(() => {}));
    const answers: string[] = [];
    for (let reads = 0; reads < 3; reads += 1) void read(replica).then((answer) => answers.push(answer));
    await vi.advanceTimersByTimeAsync(1);
    expect(answers).toEqual(['from the primary', 'from the primary']);
    expect(initialize).toHaveBeenCalledTimes(2);
  });

  it('is not read if a cloud lacks the functions that tell how far the primary is', async () => {
    const replica = createReplica(async () => {
      throw Object.assign(new Error('function does not exist'), { code: '42883', severity: 'ERROR' });
    });
    expect(await read(replica)).toBe('from the primary');
    expect(warn.mock.calls).toEqual([[expect.stringContaining('42883')]]);
  });

  it('is not asked again if it has ended a query, which may have taken seconds', async () => {
    vi.spyOn(DataSource.prototype, 'initialize').mockResolvedValue({} as DataSource);
    const connection = vi
      .spyOn(Database.prototype, 'connection')
      .mockRejectedValue(Object.assign(new Error('canceling statement'), { code: '40001' }));
    expect(await read(createReplica())).toBe('from the primary');
    expect(connection).toHaveBeenCalledOnce();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('40001')]]);
  });

  it('does not count as failed if the primary is away', async () => {
    const replica = createReplica(async () => {
      throw new DatabaseUnavailableError(new Error('ECONNREFUSED'));
    });
    await expect(read(replica)).rejects.toThrow(DatabaseUnavailableError);
    expect(warn).not.toHaveBeenCalled();
  });

  it('is closed at the end, also if a read was just about to open it', async () => {
    let open!: (source: DataSource) => void;
    const opened = new Promise<DataSource>((resolve) => (open = resolve));
    vi.spyOn(DataSource.prototype, 'initialize').mockImplementation(async function (this: DataSource) {
      await opened;
      return Object.assign(this, { isInitialized: true });
    });
    vi.spyOn(Database.prototype, 'transaction').mockResolvedValue('from the replica');
    const destroy = vi.spyOn(DataSource.prototype, 'destroy').mockResolvedValue();
    const replica = createReplica();
    const reading = read(replica);
    await vi.advanceTimersByTimeAsync(1);

    const closed = replica.onApplicationShutdown();
    open({} as DataSource);
    await Promise.all([reading, closed]);
    expect(destroy).toHaveBeenCalledOnce();
  });
});
