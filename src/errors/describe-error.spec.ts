import { describe, expect, it } from 'vitest';
import { describeError } from './describe-error.js';

describe('the log says of an error of Postgres', () => {
  const refused = (code: string, message: string) =>
    describeError(Object.assign(new Error(message), { severity: 'ERROR', code })).message;

  it.each([
    ['08P01', 'server login has been failing, try again later (server_login_retry)'],
    ['53300', 'sorry, too many clients already'],
    ['57P01', 'terminating connection due to administrator command'],
    ['25006', 'cannot execute INSERT in a read-only transaction'],
  ])('%s: its words, which are about the server', (code, message) => {
    expect(refused(code, message)).toBe(`Postgres refused a statement, SQLSTATE ${code}: ${message}`);
  });

  it.each([
    ['23505', 'duplicate key value violates unique constraint "users_phone"'],
    ['22P02', 'invalid input syntax for type uuid: "13800138000"'],
    ['25P02', 'current transaction is aborted'],
  ])('%s: no words, which may quote a value', (code, message) => {
    expect(refused(code, message)).toBe(`Postgres refused a statement, SQLSTATE ${code}`);
  });
});
