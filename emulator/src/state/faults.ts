import {
  ControlError,
  onlyGiven,
  optionalBoolean,
  optionalChoice,
  optionalInteger,
  patternedText,
  refuseUnknownFields,
  requiredText,
  type ControlInput,
} from '../control/control-input.js';
import { appidPattern } from './identifiers.js';

const bodies = ['html', 'truncated', 'empty'] as const;
const hourInMilliseconds = 3_600_000;
const faultsKept = 1000;

/** A failure between a backend and WeChat. */
export interface Fault {
  /** The exact path of WeChat's API. */
  path: string;
  /** If set, only calls of this app. */
  appid?: string;
  /** Number of calls. If absent, the fault stays until it is removed. */
  times?: number;
  /** Delays the answer. Alone, it does not change the answer. */
  delayMs?: number;
  /** Answers with this error. */
  errcode?: number;
  httpStatus?: number;
  /** Answers with a proxy's page, half of the right answer, or nothing. */
  body?: (typeof bodies)[number];
  /** Resets the connection. */
  reset?: boolean;
  /** Adds a field that is not documented. */
  unknownFields?: boolean;
  /** The call takes effect (a code is used, a token is made) although its answer is lost or late. */
  spend?: boolean;
}

/** The faults, oldest first. A call meets the oldest fault that matches it. */
export class Faults {
  #faults: Fault[] = [];

  all(): Fault[] {
    return this.#faults.map((fault) => ({ ...fault }));
  }

  add(fault: Fault): void {
    if (this.#faults.length >= faultsKept) {
      throw new ControlError(`there are ${faultsKept} faults already; DELETE /__emulator__/faults first`);
    }
    this.#faults.push({ ...fault });
  }

  /** Returns the fault that a call meets, if any, and counts the call. */
  take(path: string, appidOfCall: () => string | undefined): Fault | undefined {
    const fault = this.#faults.find(
      (each) => each.path === path && (each.appid === undefined || each.appid === appidOfCall()),
    );
    if (fault?.times !== undefined) {
      fault.times -= 1;
      this.#faults = this.#faults.filter((each) => each.times !== 0);
    }
    return fault;
  }

  /** Removes the faults of one path, or all. Returns how many. */
  clear(path?: string): number {
    const before = this.#faults.length;
    this.#faults = path === undefined ? [] : this.#faults.filter((fault) => fault.path !== path);
    return before - this.#faults.length;
  }
}

/** Whether the fault replaces WeChat's answer. Then the call takes no effect, unless the fault says so. */
export function standsInForWechat({ errcode, httpStatus, body, reset }: Fault): boolean {
  return errcode !== undefined || httpStatus !== undefined || body !== undefined || reset === true;
}

export function parseFault(input: ControlInput): Fault {
  refuseUnknownFields(input, [
    'path',
    'appid',
    'times',
    'delayMs',
    'errcode',
    'httpStatus',
    'body',
    'reset',
    'unknownFields',
    'spend',
  ]);
  const fault = onlyGiven<Fault>({
    path: faultPath(input),
    appid: patternedText(input, 'appid', appidPattern, 'wx and 16 lower-case hexadecimal digits'),
    times: optionalInteger(input, 'times', 1, 1e9),
    delayMs: optionalInteger(input, 'delayMs', 0, hourInMilliseconds),
    errcode: optionalInteger(input, 'errcode', -1e9, 1e9),
    httpStatus: optionalInteger(input, 'httpStatus', 200, 599),
    body: optionalChoice(input, 'body', bodies),
    reset: optionalBoolean(input, 'reset'),
    unknownFields: optionalBoolean(input, 'unknownFields'),
    spend: optionalBoolean(input, 'spend'),
  });
  refuseContradictions(fault);
  return fault;
}

function faultPath(input: ControlInput): string {
  const path = requiredText(input, 'path');
  if (!/^\/[^?#\s]*$/.test(path) || path.startsWith('/__emulator__')) {
    throw new ControlError("path must be one of WeChat's, without a query: /sns/jscode2session");
  }
  return path;
}

function refuseContradictions(fault: Fault): void {
  const { errcode, httpStatus, body, reset, unknownFields, delayMs } = fault;
  if (!standsInForWechat(fault) && !unknownFields && delayMs === undefined) {
    throw new ControlError(
      'the fault does nothing: give delayMs, errcode, httpStatus, body, reset or unknownFields',
    );
  }
  if (reset && (errcode !== undefined || httpStatus !== undefined || body !== undefined || unknownFields)) {
    throw new ControlError('a connection that is reset carries no answer: give reset alone, or with delayMs');
  }
  if ((body === 'html' || body === 'empty') && (errcode !== undefined || unknownFields)) {
    throw new ControlError(`an answer with body ${body} has no room for errcode or unknownFields`);
  }
}
