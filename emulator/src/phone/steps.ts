import { stepsOf } from '../state/identifiers.js';

const daySeconds = 86_400;
const daysTold = 31;

/** Days begin at midnight in Beijing. */
const offsetSeconds = 8 * 3600;

/** One day of WeRun. */
export interface StepInfo {
  /** The day's beginning, in seconds since 1970. */
  timestamp: number;
  step: number;
}

/** The steps of a month, today's last. */
export function stepInfoList(user: string, nowInSeconds: number): StepInfo[] {
  const today = nowInSeconds - ((nowInSeconds + offsetSeconds) % daySeconds);
  return Array.from({ length: daysTold }, (_, index) => {
    const timestamp = today - (daysTold - 1 - index) * daySeconds;
    return { timestamp, step: stepsOf(user, timestamp) };
  });
}
