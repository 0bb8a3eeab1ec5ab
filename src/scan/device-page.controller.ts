import { Get, Header, Query } from '@nestjs/common';
import { ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.decorators.js';
import { Settings } from '../config/settings.js';
import { ServiceController } from '../http/service-controller.decorator.js';
import { WechatAppsService } from '../wechat/wechat-apps.service.js';
import { devicePage, devicePagePolicy } from './device-page.js';
import { UserCodePipe } from './user-code.pipe.js';

/** The page that a device without a camera code sends its user to. */
@Public()
@ApiTags('oauth')
@ServiceController('device')
export class DevicePageController {
  constructor(
    private readonly apps: WechatAppsService,
    private readonly settings: Settings,
  ) {}

  /** A page that says how to go on with a user code. */
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', devicePagePolicy)
  @Header('Cache-Control', 'no-store')
  @ApiQuery({ name: 'user_code', required: false, description: 'Shown on the page.' })
  @ApiOkResponse({ content: { 'text/html': { schema: { type: 'string' } } } })
  show(@Query('user_code', UserCodePipe) userCode: string | undefined): string {
    return devicePage({ appName: this.apps.nameOf(this.settings.scanAppid), userCode });
  }
}
