import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { DisabledUsersChore } from './disabled-users.chore.js';
import { Phones } from './phones.js';
import { SearchCursors } from './search-cursors.js';
import { UserSearch } from './user-search.js';
import { UserStanding } from './user-standing.js';
import { UserViews } from './user-views.js';
import { Users } from './users.js';

/** Who a person is. */
@Module({
  imports: [AuditModule, SessionsModule],
  providers: [Phones, SearchCursors, Users, UserSearch, UserStanding, UserViews, DisabledUsersChore],
  exports: [Phones, Users, UserSearch, UserStanding, UserViews],
})
export class UsersModule {}
