import type { LoadRequest } from '../harness/load.js';
import { openidOf, pickUser } from '../world/users.js';
import { loginCode } from '../world/wechat-stand-in.js';
import { post, type Scenario, series } from './scenario.js';

export const loginKnown: Scenario = {
  name: 'login-known',
  title: 'login of known users',
  isOneTime: true,
  makeRequests: ({ users }, first, count) =>
    series(first, count, (serial) =>
      post('/auth/login', { code: loginCode(openidOf(pickUser(serial, users)), serial) }),
    ),
};

const firstLogins: Scenario = {
  name: 'login-first',
  title: 'first logins',
  isOneTime: true,
  makeRequests: (_, first, count) => makeFirstLogins('new', first, count),
};

/** @param kind tells them from those of another scenario on the same database */
function makeFirstLogins(kind: string, first: number, count: number): LoadRequest[] {
  return series(first, count, (serial) =>
    post('/auth/login', { code: loginCode(openidOf(`${kind} ${serial}`), serial) }),
  );
}

/** Logins, and refreshes of their sessions. */
export const sessionScenarios: Scenario[] = [
  loginKnown,
  firstLogins,
  {
    ...firstLogins,
    name: 'login-first-webhook',
    title: 'first logins, with a webhook',
    hasWebhook: true,
    makeRequests: (_, first, count) => makeFirstLogins('heard', first, count),
  },
  {
    name: 'refresh',
    title: 'refresh',
    isOneTime: true,
    makeRequests: (world, first, count) =>
      series(first, count, (serial) => {
        const rotations = Math.floor(serial / world.users);
        return post('/auth/refresh', {
          refreshToken: world.refreshToken(pickUser(serial, world.users), rotations),
        });
      }),
  },
];
