import { Client } from 'pg';

/** Milliseconds after which a statement is given up, so that a hanging server does not hold up the watch for ever. */
const giveUpMs = 15_000;

/** Writes to the database as the service does: on a primary, with a commit that standbys have confirmed if they have to. */
export class DatabaseBeat {
  #client: Client | undefined;

  private constructor(private readonly url: string) {}

  /** Makes the table that it writes to, outside the schema of the service. */
  static async create(url: string): Promise<DatabaseBeat> {
    const client = new Client(url);
    await client.connect();
    try {
      await client.query('CREATE SCHEMA bench');
      await client.query('CREATE TABLE bench.beat AS SELECT now() AS at');
    } finally {
      await client.end();
    }
    return new DatabaseBeat(url);
  }

  /** @throws if the database does not accept a write */
  async ask(): Promise<void> {
    try {
      this.#client ??= await this.connect();
      await this.#client.query('UPDATE bench.beat SET at = now()');
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // What hangs is not waited for.
    await Promise.race([client?.end().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 1_000))]);
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: giveUpMs,
      query_timeout: giveUpMs,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
}
