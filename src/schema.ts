import { AuditEvent } from './audit/audit-event.entity.js';
import { LoginStat } from './audit/login-stat.entity.js';
import { SigningKey } from './auth/signing-key.entity.js';
import type { Schema } from './database/data-source-options.js';
import { Initial1795219200000 } from './database/migrations/1795219200000-initial.js';
import { UserSearch1795219300000 } from './database/migrations/1795219300000-user-search.js';
import { ExternalId1795219400000 } from './database/migrations/1795219400000-external-id.js';
import { SessionsThatEnd1795219500000 } from './database/migrations/1795219500000-sessions-that-end.js';
import { NicknameChecks1795219600000 } from './database/migrations/1795219600000-nickname-checks.js';
import { Merging1795219800000 } from './database/migrations/1795219800000-merging.js';
import { LeavingUsers1795219900000 } from './database/migrations/1795219900000-leaving-users.js';
import { PendingMerges1795220000000 } from './database/migrations/1795220000000-pending-merges.js';
import { Erasure1795219700000 } from './database/migrations/1795219700000-erasure.js';
import { Admins1795300000000 } from './database/migrations/1795300000000-admins.js';
import { ImpossibleMerges1795300000001 } from './database/migrations/1795300000001-impossible-merges.js';
import { WaitingNicknames1795300300000 } from './database/migrations/1795300300000-waiting-nicknames.js';
import { PhoneCodes1795400000000 } from './database/migrations/1795400000000-phone-codes.js';
import { PushMessages1795500000000 } from './database/migrations/1795500000000-push-messages.js';
import { PushMessage } from './push/push-message.entity.js';
import { Scans1795900000000 } from './database/migrations/1795900000000-scans.js';
import { Scan } from './scan/scan.entity.js';
import { WebhookMessages1795600000000 } from './database/migrations/1795600000000-webhook-messages.js';
import { WebhookMessage } from './events/webhook-message.entity.js';
import { LoginCode } from './sessions/login-code.entity.js';
import { Revocation } from './sessions/revocation.entity.js';
import { Session } from './sessions/session.entity.js';
import { BannedIdentity } from './users/status/banned-identity.entity.js';
import { Identity } from './users/identities/identity.entity.js';
import { NicknameCheck } from './users/profile/nickname-check.entity.js';
import { PhoneCode } from './users/profile/phone-code.entity.js';
import { Unionid } from './users/identities/unionid.entity.js';
import { User } from './users/user.entity.js';

/** All entities and migrations, for the service and for the TypeORM command line. */
export const schema = {
  entities: [
    User,
    Identity,
    Unionid,
    Session,
    LoginCode,
    Revocation,
    SigningKey,
    AuditEvent,
    LoginStat,
    WebhookMessage,
    NicknameCheck,
    PhoneCode,
    BannedIdentity,
    PushMessage,
    Scan,
  ],
  migrations: [
    Initial1795219200000,
    UserSearch1795219300000,
    ExternalId1795219400000,
    SessionsThatEnd1795219500000,
    NicknameChecks1795219600000,
    Erasure1795219700000,
    Merging1795219800000,
    LeavingUsers1795219900000,
    PendingMerges1795220000000,
    Admins1795300000000,
    ImpossibleMerges1795300000001,
    WaitingNicknames1795300300000,
    PhoneCodes1795400000000,
    PushMessages1795500000000,
    WebhookMessages1795600000000,
    Scans1795900000000,
  ],
} satisfies Schema;
