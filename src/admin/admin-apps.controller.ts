import { Get, Header } from '@nestjs/common';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { Settings } from '../config/settings.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { AppsResponse } from './apps.response.js';

/** Where users come from. */
@ServiceController('admin/apps')
@AdminOnly()
export class AdminAppsController {
  constructor(private readonly settings: Settings) {}

  /** The mini-programs and web clients of this deployment, without their secrets. */
  @Get()
  @Header('Cache-Control', 'no-store')
  list(): AppsResponse {
    const { wechatApps, webClients } = this.settings;
    return {
      apps: wechatApps.map(({ appid, name = null, type = 'miniprogram' }) => ({ appid, name, type })),
      webClients: webClients.map(({ id, name, origins }) => ({ id, name, origins })),
    };
  }
}
