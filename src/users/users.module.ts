import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuditModule } from '../audit/audit.module.js';
import { EventsModule } from '../events/events.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { WechatModule } from '../wechat/wechat.module.js';
import { AvatarImagesService } from './profile/avatar-images.service.js';
import { AvatarsService } from './profile/avatars.service.js';
import { BansService } from './status/bans.service.js';
import { ExpiredBansJob } from './status/expired-bans.job.js';
import { ExpiredPhoneCodesJob } from './profile/expired-phone-codes.job.js';
import { NicknameChecksJob } from './profile/nickname-checks.job.js';
import { NicknamesService } from './profile/nicknames.service.js';
import { IdentityCancellationService } from './sign-in/identity-cancellation.service.js';
import { IdentityLinkingService } from './sign-in/identity-linking.service.js';
import { IdentityRemoval } from './sign-in/identity-removal.js';
import { UserMergingService } from './merging/user-merging.service.js';
import { ImmediateErasureService } from './deletion/immediate-erasure.service.js';
import { ErasureJob } from './deletion/erasure.job.js';
import { ErasureService } from './deletion/erasure.service.js';
import { ProfileWithdrawalService } from './profile/profile-withdrawal.service.js';
import { PhoneNumbersService } from './profile/phone-numbers.service.js';
import { PhoneCipher } from './profile/phone-cipher.js';
import { PhoneCodesService } from './profile/phone-codes.service.js';
import { SearchCursors } from './search/search-cursors.js';
import { IdentityResponseMapper } from './identities/identity-response.mapper.js';
import { SessionKeyCipher } from './identities/session-key-cipher.js';
import { SessionKeysService } from './identities/session-keys.service.js';
import { UnionidConflicts } from './identities/unionid-conflicts.js';
import { UserSearchService } from './search/user-search.service.js';
import { UserStatusService } from './status/user-status.service.js';
import { UserResponseMapper } from './profile/user-response.mapper.js';
import { BanCheckService } from './status/ban-check.service.js';
import { FirstLoginHooks } from './sign-in/first-login-hooks.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { UsersService } from './users.service.js';

/** Users: sign-in, profile, status, merging, deletion. */
@Module({
  imports: [DiscoveryModule, AuditModule, EventsModule, SessionsModule, StorageModule, WechatModule],
  providers: [
    AvatarImagesService,
    AvatarsService,
    BansService,
    ExpiredBansJob,
    ExpiredPhoneCodesJob,
    NicknameChecksJob,
    NicknamesService,
    IdentityCancellationService,
    IdentityLinkingService,
    IdentityRemoval,
    IdentityResponseMapper,
    UserMergingService,
    ImmediateErasureService,
    ErasureService,
    FirstLoginHooks,
    ErasureJob,
    PhoneNumbersService,
    ProfileWithdrawalService,
    PhoneCodesService,
    PhoneCipher,
    SearchCursors,
    SessionKeyCipher,
    SessionKeysService,
    UnionidConflicts,
    UserSearchService,
    UserStatusService,
    UserResponseMapper,
    BanCheckService,
    SignInService,
    UsersService,
  ],
  exports: [
    AvatarsService,
    IdentityCancellationService,
    IdentityLinkingService,
    IdentityResponseMapper,
    UserMergingService,
    NicknamesService,
    BansService,
    FirstLoginHooks,
    ImmediateErasureService,
    PhoneNumbersService,
    ProfileWithdrawalService,
    PhoneCipher,
    SessionKeysService,
    UserSearchService,
    UserStatusService,
    UserResponseMapper,
    SignInService,
    UsersService,
  ],
})
export class UsersModule {}
