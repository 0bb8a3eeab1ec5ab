import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { DisabledUsersChore } from './disabled-users.chore.js';
import { PhoneNumbers } from './phone-numbers.js';
import { Phones } from './phones.js';
import { SearchCursors } from './search-cursors.js';
import { SessionKeys } from './session-keys.js';
import { UserSearch } from './user-search.js';
import { UserStanding } from './user-standing.js';
import { UserViews } from './user-views.js';
import { Users } from './users.js';

/** Who a person is. */
@Module({
  imports: [AuditModule, SessionsModule, WechatModule],
  providers: [
    PhoneNumbers,
    Phones,
    SearchCursors,
    SessionKeys,
    Users,
    UserSearch,
    UserStanding,
    UserViews,
    DisabledUsersChore,
  ],
  exports: [PhoneNumbers, Phones, SessionKeys, Users, UserSearch, UserStanding, UserViews],
})
export class UsersModule {}
