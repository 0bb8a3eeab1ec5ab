export { createAuth } from './auth.js';
export { AuthError } from './auth-error.js';
export type {
  Answer,
  Auth,
  AuthEvents,
  AuthOptions,
  AuthStorage,
  Login,
  LoginOptions,
  OutReason,
  PhoneEvent,
  PhoneOutcome,
  Problem,
  RequestOptions,
  User,
  Wechat,
} from './types.js';
