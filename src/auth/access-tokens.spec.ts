import { JwtService } from '@nestjs/jwt';
import { describe, expect, it } from 'vitest';
import { Settings } from '../config/settings.js';
import type { DatabaseClock } from '../database/database-clock.js';
import { AccessTokensService } from './access-tokens.service.js';
import type { SigningKeysService } from './signing-keys.service.js';

describe('a login', () => {
  /** Seconds since 1970, by the database. No other clock is near it. */
  const now = 5_000_000;
  const clock = { now: () => now * 1_000 } as DatabaseClock;
  const tokens = new AccessTokensService(new JwtService(), {} as SigningKeysService, clock, new Settings());
  const isFresh = (auth_time: unknown) =>
    tokens.isFresh({ auth_time } as Parameters<AccessTokensService['isFresh']>[0], 120);

  it.each([0, 1, 120])('of %i seconds ago is at most 120 seconds old', (age) => {
    expect(isFresh(now - age)).toBe(true);
  });

  it.each([121, 900, now])('of %i seconds ago is not', (age) => {
    expect(isFresh(now - age)).toBe(false);
  });

  it('may lie a little ahead, since a standby whose clock differs can take over', () => {
    expect(isFresh(now + 10)).toBe(true);
    expect(isFresh(now + 11)).toBe(false);
    expect(isFresh(now + 3_600)).toBe(false);
  });

  it.each([undefined, null, String(now), Number.NaN])(
    'of which a token says %j is not fresh',
    (loggedInAt) => {
      expect(isFresh(loggedInAt)).toBe(false);
    },
  );
});
