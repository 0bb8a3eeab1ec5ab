/**
 * What another Nest application may import. docs/guides/library.md shows how, and `examples/notes` does it.
 */
export { AccountModule } from './account/account.module.js';
export { AuditEvent } from './audit/audit-event.entity.js';
export { LoginStat } from './audit/login-stat.entity.js';
export { AdminModule } from './admin/admin.module.js';
export { OptionalAuth, Public } from './auth/access.decorators.js';
export { type Authentication, AuthenticationService } from './auth/authentication.service.js';
export { AuthModule } from './auth/auth.module.js';
export { CurrentUser, type SignedInUser } from './auth/current-user.decorator.js';
export { FreshLogin } from './auth/fresh-login.decorator.js';
export type { GuardedRequest } from './auth/guarded-request.js';
export { JwtGuard } from './auth/jwt.guard.js';
export { Roles } from './auth/roles.decorator.js';
export { SigningKey } from './auth/signing-key.entity.js';
export { loadSettings } from './config/load-settings.js';
export { Settings } from './config/settings.js';
export { SettingsError } from './config/settings.error.js';
export { weappAuthDataSource } from './database/data-source-options.js';
export { ServiceError } from './errors/service.error.js';
export { type OnUserEvent, UserEventHook } from './events/user-event-hooks.js';
export type { UserEvent } from './events/user-event.js';
export { WebhookMessage } from './events/webhook-message.entity.js';
export { isWeappAuthRoute } from './http/service-controller.decorator.js';
export { PushMessage } from './push/push-message.entity.js';
export { PushModule } from './push/push.module.js';
export { schema } from './schema.js';
export { LoginCode } from './sessions/login-code.entity.js';
export { Revocation } from './sessions/revocation.entity.js';
export { Session } from './sessions/session.entity.js';
export { Identity } from './users/identities/identity.entity.js';
export { NicknameCheck } from './users/profile/nickname-check.entity.js';
export { PhoneCode } from './users/profile/phone-code.entity.js';
export { Unionid } from './users/identities/unionid.entity.js';
export { User } from './users/user.entity.js';
export { type FirstLogin, FirstLoginHook, type NewUser } from './users/sign-in/first-login-hooks.js';
export { UsersModule } from './users/users.module.js';
export { UsersService } from './users/users.service.js';
export { WeappAuthModule } from './weapp-auth.module.js';
export {
  decryptOpenData,
  type OpenData,
  type OpenDataRules,
  type EncryptedOpenData,
} from './wechat/open-data.js';
export {
  assertPushSignature,
  decryptPush,
  encryptPush,
  type OpenedPush,
  openPush,
  parsePush,
  type PushFields,
  type PushKeys,
  type PushProof,
  signPush,
} from './wechat/message-push.js';
export { PhoneNumberClient } from './wechat/phone-number.client.js';
export { SessionKeyClient } from './wechat/session-key.client.js';
export { TextCheckClient } from './wechat/text-check.client.js';
export { WechatClient, type WechatSession } from './wechat/wechat.client.js';
export { WechatModule } from './wechat/wechat.module.js';
