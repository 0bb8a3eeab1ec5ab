import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { LoginLoad } from './login-load.js';
import type { LoginOutcome } from './login.service.js';

/** Lets a request through whose body carries a good login code. */
@Injectable()
export class WechatCodeGuard extends AuthGuard('wechat-code') {
  constructor(private readonly load: LoginLoad) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return this.load.run(() => super.canActivate(context) as Promise<boolean>);
  }
}

/** Hands what the code led to, to the handler behind `WechatCodeGuard`. */
export const CurrentLogin = createParamDecorator(
  (_: unknown, context: ExecutionContext): LoginOutcome =>
    context.switchToHttp().getRequest<{ user: LoginOutcome }>().user,
);
