import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { Problems } from '../http/problems.decorator.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { NotInMiniProgramError } from './auth.errors.js';
import { findRequest } from './guarded-request.js';

@Injectable()
class MiniProgramGuard implements CanActivate {
  constructor(private readonly apps: WechatAppsService) {}

  canActivate(context: ExecutionContext): boolean {
    const { appid } = findRequest(context)!.user!;
    if (this.apps.find(appid) === undefined) throw new NotInMiniProgramError();
    return true;
  }
}

/**
 * Lets in only sessions that were opened in a mini-program: for what would outlive a session of `admin:token` or of a web
 * page. At a handler whose controller has `@Authenticated()`, since the guards of a controller run first.
 */
export function MiniProgramOnly(): MethodDecorator {
  return applyDecorators(UseGuards(MiniProgramGuard), Problems('forbidden'));
}
