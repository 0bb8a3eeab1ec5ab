import { HttpException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { ServiceError } from './service.error.js';

class FreshLoginRequired extends ServiceError {
  readonly code = 'fresh_login_required';
}

class Limited extends ServiceError {
  readonly code = 'rate_limited';
}

class Bug extends ServiceError {
  readonly code = 'internal_error';
}

class Unknown extends ServiceError {
  readonly code = 'of_another_application';
}

describe('a refusal', () => {
  const error = new FreshLoginRequired('Log in again.', { members: { maxAge: 120 } });

  it('is an exception of HTTP, with its status', () => {
    expect(error).toBeInstanceOf(HttpException);
    expect(error.getStatus()).toBe(401);
    expect(error).toMatchObject({
      name: 'FreshLoginRequired',
      message: 'Log in again.',
      code: 'fresh_login_required',
    });
  });

  it('has the problem document for a response', () => {
    expect(error.getResponse()).toEqual({
      type: 'urn:problem-type:weapp-auth:fresh_login_required',
      title: 'A fresh login is required',
      status: 401,
      detail: 'Log in again.',
      code: 'fresh_login_required',
      maxAge: 120,
    });
  });

  it('has status and response as members, too', () => {
    expect((error as unknown as { status: number }).status).toBe(401);
    expect((error as unknown as { response: object }).response).toEqual(error.getResponse());
  });

  it('has its headers', () => {
    expect(error.getHeaders()).toEqual({
      'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", max_age=120',
    });
    expect(new Limited('Wait.', { retryAfter: 7 }).getHeaders()).toEqual({ 'Retry-After': '7' });
  });

  it('keeps its cause', () => {
    const cause = new Error('why');
    expect(new Limited('Wait.', { cause }).cause).toBe(cause);
  });

  it.each([new Bug('secret'), new Unknown('secret')])(
    'says nothing of what callers must not know: %o',
    (each) => {
      expect(each.getStatus()).toBe(500);
      expect(each.getResponse()).toMatchObject({ code: 'internal_error' });
      expect(JSON.stringify(each.getResponse())).not.toContain('secret');
      expect(each.message).toBe('secret');
    },
  );
});
