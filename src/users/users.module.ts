import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { Phones } from './phones.js';
import { SearchCursors } from './search-cursors.js';
import { UserSearch } from './user-search.js';
import { UserViews } from './user-views.js';
import { Users } from './users.js';

/** Who a person is. */
@Module({
  imports: [SessionsModule],
  providers: [Phones, SearchCursors, Users, UserSearch, UserViews],
  exports: [Phones, Users, UserSearch, UserViews],
})
export class UsersModule {}
