export { createAuth } from './auth.js';
export { AuthError, type FailureDetails, type Problem } from './auth-error.js';
export type {
  Abortable,
  Answer,
  Auth,
  AuthEvents,
  AuthOptions,
  AuthStorage,
  DownloadAnswer,
  DownloadOptions,
  Login,
  LoginOptions,
  PhoneEvent,
  PhoneOutcome,
  Progress,
  RequestOptions,
  Scan,
  ScanReference,
  Task,
  UploadOptions,
  User,
  Wechat,
} from './types.js';
