import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { Users } from './users.js';

/** Who a person is. */
@Module({ imports: [SessionsModule], providers: [Users], exports: [Users] })
export class UsersModule {}
