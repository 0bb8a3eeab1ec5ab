import { IsWholeNumber } from '../http/whole-number.decorator.js';

const mostDays = 366;

/** Query of the login counters. */
export class ReadStatsRequest {
  /** Today in UTC, and the days before it. */
  @IsWholeNumber(1, mostDays)
  days: number = 30;
}
