import { Alert } from 'antd';
import { Link } from 'wouter';
import { Copyable } from '../components/copyable.js';
import { Facts } from '../components/facts.js';
import { Page } from '../components/page.js';
import { Panel } from '../components/panel.js';
import { QueryState } from '../components/query-state.js';
import { Time } from '../components/time.js';
import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import { StatusTag } from '../users/status-tag.js';
import { UserName } from '../users/user-name.js';
import { usersMessages } from '../users/users.messages.js';
import { AuditPanel, IdentitiesPanel, SessionsPanel } from './user-panels.js';
import { useUser, type UserDetail } from './use-user.js';
import { UserActions } from './user-actions.js';
import { userMessages } from './user.messages.js';
import './user.css';

/** One user, and what can be done with them. */
export default function UserPage({ params: { id } }: { params: { id: string } }) {
  const texts = useMessages(userMessages);
  const { noNickname } = useMessages(usersMessages);
  const query = useUser(id);
  const user = query.data;
  const name = user ? (user.nickname ?? noNickname) : texts.loading;
  return (
    <Page title={name} extra={user && <UserActions user={user} name={user.nickname ?? id.slice(-8)} />}>
      {user ? (
        <User user={user} requestedId={id} />
      ) : (
        <div className="panel">
          <QueryState query={query} />
        </div>
      )}
    </Page>
  );
}

function User({ user, requestedId }: { user: UserDetail; requestedId: string }) {
  const texts = useMessages(userMessages);
  // An id in a URL may be written in capitals.
  const isOther = user.id !== requestedId.toLowerCase();
  return (
    <>
      {isOther && (
        <Alert className="user-banner" type="info" showIcon title={texts.mergedFrom(requestedId)} />
      )}
      {user.erasedAt !== null && (
        <Alert className="user-banner" type="warning" showIcon title={texts.erasedBanner} />
      )}
      {user.status === 'deleting' && user.erasedAt === null && (
        <Alert className="user-banner" type="warning" showIcon title={texts.deletingBanner} />
      )}
      {user.mergePendingWith !== null && (
        <Alert
          className="user-banner"
          type="warning"
          showIcon
          title={texts.pendingBanner}
          action={<Link href={`/users/${user.mergePendingWith}`}>{texts.openOther}</Link>}
        />
      )}
      <Profile user={user} />
      <IdentitiesPanel identities={user.identities} />
      <SessionsPanel sessions={user.sessions} />
      <AuditPanel events={user.auditEvents} userId={user.id} />
    </>
  );
}

function Profile({ user }: { user: UserDetail }) {
  const texts = useMessages(userMessages);
  const { columnNames } = useMessages(usersMessages);
  const formats = useFormats();
  const { phone, externalId, disabledReason, disabledUntil, eraseAt, erasedAt } = user;
  return (
    <Panel title={texts.profile} extra={<StatusTag status={user.status} />}>
      <Facts
        facts={[
          [texts.nickname, <UserName key="name" user={user} size={48} />],
          [columnNames.id, <Copyable key="id" text={user.id} label={texts.userId} />],
          [
            columnNames.phone,
            phone === null ? texts.none : <Copyable key="phone" text={phone} label={columnNames.phone} />,
          ],
          [columnNames.roles, user.roles.join(', ') || texts.none],
          [columnNames.createdAt, <Time key="created" at={user.createdAt} />],
          [columnNames.lastLoginAt, <Time key="login" at={user.lastLoginAt} />],
          externalId === null
            ? undefined
            : [
                columnNames.externalId,
                <Copyable key="external" text={externalId} label={columnNames.externalId} />,
              ],
          user.status === 'disabled' ? [texts.disabledReason, disabledReason ?? texts.noReason] : undefined,
          user.status === 'disabled'
            ? [texts.disabledUntil, disabledUntil === null ? texts.noEnd : formats.dateTime(disabledUntil)]
            : undefined,
          eraseAt !== null && erasedAt === null
            ? [texts.eraseAt, <Time key="erase" at={eraseAt} />]
            : undefined,
          erasedAt === null ? undefined : [texts.erasedAt, <Time key="erased" at={erasedAt} />],
        ]}
      />
    </Panel>
  );
}
