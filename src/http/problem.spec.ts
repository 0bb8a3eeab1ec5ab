import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxiosError } from 'axios';
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { describeError } from '../errors/describe-error.js';
import { problems } from '../errors/problem-catalogue.js';
import { requestIdOf } from './request-id.js';

const source = join(import.meta.dirname, '..');

describe('the catalogue of problems', () => {
  it('knows the code of every error of this service', () => {
    const codes = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.errors?\.ts$|sealed-box\.ts$/.test(file))
      .flatMap((file) => [...readFileSync(join(source, file), 'utf8').matchAll(/readonly code = '(\w+)'/g)])
      .map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !Object.hasOwn(problems, code))).toEqual([]);
  });
});

describe('describeError', () => {
  it('keeps type, message, code, frames and causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(describeError(new TypeError('went wrong', { cause }))).toEqual({
      type: 'TypeError',
      message: 'went wrong',
      stack: expect.stringMatching(/^\s+at /),
      cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: expect.any(String) },
    });
  });

  it('leaves out the request that an axios error carries', () => {
    const error = new AxiosError('failed', 'ECONNRESET', {
      url: '/sns/jscode2session',
      params: { secret: 'the-secret' },
      headers: {} as never,
    });
    expect(JSON.stringify(describeError(error))).not.toContain('the-secret');
  });

  it('leaves out what a database error says of rows and parameters', () => {
    const driverError = Object.assign(new Error('invalid input syntax for type uuid: "the-secret"'), {
      severity: 'ERROR',
      code: '22P02',
      detail: 'Failing row contains (the-secret).',
    });
    const error = new QueryFailedError('SELECT $1', ['the-secret'], driverError);
    for (const each of [error, driverError, new Error('outer', { cause: error })]) {
      const described = JSON.stringify(describeError(each));
      expect(described).toContain('22P02');
      expect(described).not.toContain('the-secret');
    }
  });

  it('says of a database that does not answer what the driver says', () => {
    const error = new QueryFailedError('SELECT $1', ['the-secret'], new Error('Query read timeout'));
    expect(describeError(error)).toMatchObject({ type: 'QueryFailedError', message: 'Query read timeout' });
  });

  it('says nothing of a thrown value that is no error', () => {
    expect(JSON.stringify(describeError('the-secret'))).not.toContain('the-secret');
  });
});

describe('requestIdOf', () => {
  it.each(['a', 'A-b_c.9', 'x'.repeat(64)])('takes over %s', (id) => {
    expect(requestIdOf({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a\nb', 'ä', '"', undefined])('replaces %j', (id) => {
    expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f-]{36}$/);
  });
});
