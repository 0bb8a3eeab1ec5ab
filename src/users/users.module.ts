import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AvatarImages } from './avatar-images.js';
import { Avatars } from './avatars.js';
import { Bans } from './bans.js';
import { DisabledUsersChore } from './disabled-users.chore.js';
import { NicknameChecksChore } from './nickname-checks.chore.js';
import { Nicknames } from './nicknames.js';
import { Linking } from './linking.js';
import { Merging } from './merging.js';
import { Dismissal } from './dismissal.js';
import { ErasureChore } from './erasure.chore.js';
import { Erasure } from './erasure.js';
import { PhoneNumbers } from './phone-numbers.js';
import { Phones } from './phones.js';
import { SearchCursors } from './search-cursors.js';
import { SessionKeys } from './session-keys.js';
import { UnionidConflicts } from './unionid-conflicts.js';
import { UserSearch } from './user-search.js';
import { UserStanding } from './user-standing.js';
import { UserViews } from './user-views.js';
import { Users } from './users.js';

/** Who a person is. */
@Module({
  imports: [AuditModule, SessionsModule, StorageModule, WechatModule],
  providers: [
    AvatarImages,
    Avatars,
    Bans,
    DisabledUsersChore,
    NicknameChecksChore,
    Nicknames,
    Linking,
    Merging,
    Dismissal,
    Erasure,
    ErasureChore,
    PhoneNumbers,
    Phones,
    SearchCursors,
    SessionKeys,
    UnionidConflicts,
    UserSearch,
    UserStanding,
    UserViews,
    Users,
  ],
  exports: [
    Avatars,
    Linking,
    Merging,
    Nicknames,
    Bans,
    Dismissal,
    PhoneNumbers,
    Phones,
    SessionKeys,
    UserSearch,
    UserStanding,
    UserViews,
    Users,
  ],
})
export class UsersModule {}
