import { Controller, Delete, Get, HttpCode } from '@nestjs/common';
import type { AccessTokenClaims } from 'weapp-auth-guard';
import { CurrentUser, FreshLogin, OptionalAuth, Public, Roles } from 'weapp-auth-guard/nest';

@Controller('orders')
export class OrdersController {
  @Get()
  mine(@CurrentUser() { userId, appid, roles }: AccessTokenClaims) {
    return { userId, appid, roles };
  }

  @Get('offers')
  @OptionalAuth()
  offers(@CurrentUser() user: AccessTokenClaims | undefined) {
    return { userId: user?.userId ?? null };
  }

  @Get('health')
  @Public()
  health() {
    return { status: 'ok' };
  }

  @Delete()
  @HttpCode(204)
  @Roles('moderator')
  @FreshLogin(300)
  clear() {}
}
