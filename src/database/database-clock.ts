import { Injectable } from '@nestjs/common';
import { Database } from './database.js';

/** The time of a statement, by the clocks of this node. */
interface Asked {
  monotonic: number;
  wall: number;
}

/** Reads the clocks of this node. Call it before a statement that reads the clock of the database. */
export function readNodeClocks(): Asked {
  return { monotonic: performance.now(), wall: Date.now() };
}

/**
 * The clock of the database. It decides the time of a login, because the clocks of nodes differ. The signing keys are
 * read every two seconds. Their statement reads the time, too, and sets this clock, which needs no statement of its own.
 */
@Injectable()
export class DatabaseClock {
  #reading: (Asked & { database: number }) | undefined;

  constructor(private readonly database: Database) {}

  /**
   * The time: milliseconds since 1970. It may be ahead by the duration of the last statement, and is never behind. It adds
   * the larger of the times that the two clocks of this node have measured: the monotonic clock stands still while the
   * machine is suspended, and the wall clock can be set back.
   */
  now(): number {
    if (this.#reading === undefined) throw new Error('The clock of the database was not read yet.');
    const { database, monotonic, wall } = this.#reading;
    return database + Math.max(performance.now() - monotonic, Date.now() - wall);
  }

  /**
   * Sets the clock.
   *
   * @param database the time of the database: milliseconds since 1970
   * @param asked the clocks of this node before the statement
   */
  set(database: number, asked: Asked): void {
    this.#reading = { database, ...asked };
  }

  /**
   * Reads the time of the database, and does not set the clock.
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
