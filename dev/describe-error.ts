import { LocalError, errorCode } from './local.error.js';

/** What to tell a developer: the message alone where it says what to do, the stack where nobody expected the error. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // By name: the service, compiled, has classes of its own.
  const saysWhatToDo = error instanceof LocalError || ['SettingsError', 'StartError'].includes(error.name);
  if (saysWhatToDo) return error.message;
  const code = errorCode(error);
  const isExpected = code !== undefined && !code.startsWith('ERR_');
  return isExpected ? error.message || code : (error.stack ?? error.message);
}
