import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool, QueryResultRow } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { Settings } from '../config/settings.js';
import { DatabaseUnavailableError, isDatabaseFailure } from './database.errors.js';

/** SQL that Postgres plans once per connection and then knows by its name. */
export interface NamedStatement {
  /** Unique in this service, 63 bytes at most. */
  name: string;
  text: string;
}

/** The way to Postgres. A failing server becomes a `DatabaseUnavailableError` here and nowhere else. */
@Injectable()
export class Database {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  /**
   * Runs one prepared statement in one round trip, on the driver's own pool: TypeORM's `query()` cannot name
   * a statement, and an unnamed one is planned again each time.
   *
   * @throws {DatabaseUnavailableError}
   */
  async query<Row extends QueryResultRow>({ name, text }: NamedStatement, values: unknown[]): Promise<Row[]> {
    const pool = (this.dataSource.driver as unknown as { master: Pool }).master;
    const statement = this.settings.databaseNamedStatements ? { name, text, values } : { text, values };
    return this.translate(async () => (await pool.query<Row>(statement)).rows);
  }

  /**
   * Runs `work` with TypeORM's entity manager, each statement by itself.
   *
   * @throws {DatabaseUnavailableError}
   */
  async run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.translate(() => work(this.dataSource.manager));
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED); what it throws rolls everything back.
   *
   * @throws {DatabaseUnavailableError}
   */
  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.translate(() => this.dataSource.transaction(work));
  }

  /**
   * @throws {Error} where a migration of this version has not run, say because an older backup was restored
   * @throws {DatabaseUnavailableError}
   */
  async assertMigrated(): Promise<void> {
    const names = this.dataSource.migrations.map(({ name }) => name);
    const [row] = await this.run((manager) =>
      manager.query<{ executed: number }[]>(
        'SELECT count(DISTINCT name)::integer AS executed FROM migrations WHERE name = ANY ($1)',
        [names],
      ),
    );
    if (row?.executed !== names.length) throw new Error('A migration is missing.');
  }

  private async translate<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw isDatabaseFailure(error) ? new DatabaseUnavailableError(error) : error;
    }
  }
}
