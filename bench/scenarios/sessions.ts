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

/** Logins, and refreshes of their sessions. */
export const sessionScenarios: Scenario[] = [
  loginKnown,
  {
    name: 'login-first',
    title: 'first logins',
    isOneTime: true,
    makeRequests: (_, first, count) =>
      series(first, count, (serial) =>
        post('/auth/login', { code: loginCode(openidOf(`new ${serial}`), serial) }),
      ),
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
