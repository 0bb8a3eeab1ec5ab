import { Injectable } from '@nestjs/common';
import { WechatAppsService } from '../../wechat/wechat-apps.service.js';
import type { Identity } from './identity.entity.js';

/** Identities in responses. */
@Injectable()
export class IdentityResponseMapper {
  constructor(private readonly apps: WechatAppsService) {}

  /** What clients may see: neither openid nor unionid. */
  toResponse({ appid, linkedAt }: Identity): { appid: string; appName: string | null; linkedAt: string } {
    return { appid, appName: this.apps.nameOf(appid), linkedAt: linkedAt.toISOString() };
  }

  /** The whole identity, for admins and for the export of a user's own data. */
  toDetailResponse(
    identity: Identity,
  ): ReturnType<IdentityResponseMapper['toResponse']> & { openid: string; unionid: string | null } {
    const { openid, unionid } = identity;
    return { ...this.toResponse(identity), openid, unionid };
  }
}
