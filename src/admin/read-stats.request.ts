import { IsInteger } from '../validation/integer.decorator.js';

const maxDays = 366;

/** Query of the login counters. */
export class ReadStatsRequest {
  /** Today in UTC, and the days before it. */
  @IsInteger(1, maxDays)
  days: number = 30;
}
