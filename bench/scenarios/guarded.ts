import { pickUser } from '../world/users.js';
import { bearer, type Scenario, series } from './scenario.js';

/** Requests with an access token, sent by so many users in turn. */
function guarded(tokens: number): Scenario {
  const count = tokens.toLocaleString('en-US');
  return {
    name: `guarded-${tokens}`,
    title: `guarded request, ${count} ${tokens === 1 ? 'token' : 'tokens'}`,
    makeRequests: (world) =>
      series(0, tokens, (serial) => ({
        method: 'GET',
        path: '/auth/verify',
        headers: bearer(world.accessToken(pickUser(serial, world.users))),
      })),
  };
}

export const guardedScenarios: Scenario[] = [guarded(1), guarded(10_000), guarded(100_000)];
