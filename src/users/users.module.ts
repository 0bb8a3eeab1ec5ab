import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { Phones } from './phones.js';
import { UserViews } from './user-views.js';
import { Users } from './users.js';

/** Who a person is. */
@Module({
  imports: [SessionsModule],
  providers: [Phones, Users, UserViews],
  exports: [Phones, Users, UserViews],
})
export class UsersModule {}
