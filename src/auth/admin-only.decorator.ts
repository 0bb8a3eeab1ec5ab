import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ownClientIds } from '../config/settings.js';
import { adminRole } from '../users/status/admins.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { ClientNotAdmittedError } from './auth.errors.js';
import { Authenticated } from './authenticated.decorator.js';
import { findRequest } from './guarded-request.js';
import { NeedsDatabase } from './needs-database.decorator.js';
import { Roles } from './roles.decorator.js';

/** Refuses the tokens that web clients have: an admin who signs in to a shop does not lend the shop their role. */
@Injectable()
class AdminClientGuard implements CanActivate {
  constructor(private readonly apps: WechatAppsService) {}

  canActivate(context: ExecutionContext): boolean {
    const { appid } = findRequest(context)!.user!;
    const isAdmitted = this.apps.find(appid) !== undefined || ownClientIds.includes(appid);
    if (!isAdmitted) throw new ClientNotAdmittedError();
    return true;
  }
}

/**
 * Admits only users with the role `admin` to a controller, from a mini-program, the console or `admin:token`, and says so in the
 * OpenAPI document.
 */
export const AdminOnly = (): ClassDecorator =>
  applyDecorators(
    NeedsDatabase(),
    // The guards run in this order.
    Authenticated('invalid_request', 'forbidden'),
    UseGuards(AdminClientGuard),
    Roles(adminRole),
    ApiTags('admin'),
  );
