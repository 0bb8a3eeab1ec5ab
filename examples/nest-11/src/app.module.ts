import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GuardModule, JwtGuard } from 'weapp-auth-guard/nest';
import { OrdersController } from './orders.controller.js';

@Module({
  imports: [GuardModule.forRoot({ issuer: process.env['ISSUER'] ?? 'http://127.0.0.1:3000' })],
  controllers: [OrdersController],
  // Guards every route; @Public() and @OptionalAuth() make exceptions.
  providers: [{ provide: APP_GUARD, useExisting: JwtGuard }],
})
export class AppModule {}
