export { CurrentUser, FreshLogin, OptionalAuth, Public, Roles } from './decorators.js';
export { GuardException } from './guard.exception.js';
export { GuardModule } from './guard.module.js';
export { JwtGuard } from './jwt.guard.js';
