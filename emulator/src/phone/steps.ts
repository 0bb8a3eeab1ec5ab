import { stepsOf } from '../state/identifiers.js';

const daySeconds = 86_400;
const days = 31;

/** Days begin at midnight in Beijing. */
const offsetSeconds = 8 * 3600;

/** One day of WeRun. */
export interface StepInfo {
  /** The beginning of the day, in seconds since 1970. */
  timestamp: number;
  step: number;
}

/** The steps of a month, today last. */
export function stepInfoList(user: string, nowInSeconds: number): StepInfo[] {
  const today = nowInSeconds - ((nowInSeconds + offsetSeconds) % daySeconds);
  return Array.from({ length: days }, (_, index) => {
    const timestamp = today - (days - 1 - index) * daySeconds;
    return { timestamp, step: stepsOf(user, timestamp) };
  });
}
