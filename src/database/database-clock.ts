import { Injectable } from '@nestjs/common';
import { Database } from './database.js';

/** When a question was asked, by the clocks of this node. */
interface Asked {
  monotonic: number;
  wall: number;
}

/** What the clocks of this node say now: to be taken before a statement that reads the database's clock. */
export function readNodeClocks(): Asked {
  return { monotonic: performance.now(), wall: Date.now() };
}

/**
 * The clock of the database, which says when a user has logged in: the clocks of nodes differ. Whoever reads a table again
 * and again reads the time along with it, and sets this clock, so that it costs no statement of its own.
 */
@Injectable()
export class DatabaseClock {
  #reading: (Asked & { database: number }) | undefined;

  constructor(private readonly database: Database) {}

  /**
   * What time it is: milliseconds since 1970. It may be ahead by as long as the last answer took, and is never behind. The
   * clock of this node that has gone on further counts: the monotonic one stands still while the machine is suspended, and
   * the other can be set back.
   */
  now(): number {
    if (this.#reading === undefined) throw new Error('The clock of the database was not read yet.');
    const { database, monotonic, wall } = this.#reading;
    return database + Math.max(performance.now() - monotonic, Date.now() - wall);
  }

  /**
   * Sets the clock.
   *
   * @param database what the database answered: milliseconds since 1970
   * @param asked the clocks of this node before the question
   */
  set(database: number, asked: Asked): void {
    this.#reading = { database, ...asked };
  }

  /**
   * Asks the database what time it is, and leaves the clock as it is.
   *
   * @throws {DatabaseUnavailableError}
   */
  async read(): Promise<Date> {
    const [row] = await this.database.run((manager) =>
      manager.query<{ now: Date }[]>('SELECT clock_timestamp() AS now'),
    );
    return row!.now;
  }
}
