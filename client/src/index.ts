export { createAuth } from './auth.js';
export { AuthError, type FailureDetails, type Problem } from './auth-error.js';
export type {
  Answer,
  Auth,
  AuthEvents,
  AuthOptions,
  AuthStorage,
  Login,
  LoginOptions,
  PhoneEvent,
  PhoneOutcome,
  RequestOptions,
  User,
  Wechat,
} from './types.js';
