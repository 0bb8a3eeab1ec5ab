import { Link } from 'wouter';
import type { Schemas } from '../api/client.js';
import type { AuditEvent } from '../audit/audit-filter.js';
import { AuditTable } from '../audit/audit-table.js';
import { Copyable } from '../components/copyable.js';
import { DataTable } from '../components/data-table.js';
import { EmptyState } from '../components/empty-state.js';
import { Panel } from '../components/panel.js';
import { Time } from '../components/time.js';
import { useMessages } from '../i18n/messages.js';
import { userMessages } from './user.messages.js';

export function IdentitiesPanel({ identities }: { identities: Schemas['UserIdentityResponse'][] }) {
  const texts = useMessages(userMessages);
  return (
    <Panel title={texts.identities}>
      {identities.length === 0 ? (
        <EmptyState text={texts.noIdentities} />
      ) : (
        <DataTable
          label={texts.identities}
          rowKey="openid"
          rows={identities}
          columns={[
            {
              title: texts.app,
              render: (_, { appid, appName }) =>
                appName === null ? <code>{appid}</code> : `${appName} (${appid})`,
            },
            {
              title: texts.openid,
              render: (_, { openid }) => <Copyable text={openid} label={texts.openid} />,
            },
            {
              title: texts.unionid,
              render: (_, { unionid }) => unionid && <Copyable text={unionid} label={texts.unionid} />,
            },
            { title: texts.linkedAt, render: (_, { linkedAt }) => <Time at={linkedAt} /> },
          ]}
        />
      )}
    </Panel>
  );
}

export function SessionsPanel({ sessions }: { sessions: Schemas['UserSessionResponse'][] }) {
  const texts = useMessages(userMessages);
  return (
    <Panel title={texts.sessions}>
      {sessions.length === 0 ? (
        <EmptyState text={texts.noSessions} />
      ) : (
        <DataTable
          label={texts.sessions}
          rowKey="id"
          rows={sessions}
          columns={[
            {
              title: texts.client,
              render: (_, { appid, clientId, clientName }) => clientName ?? clientId ?? appid,
            },
            { title: texts.address, dataIndex: 'ip' },
            {
              title: texts.device,
              render: (_, { userAgent }) =>
                userAgent && (
                  <span className="user-agent" title={userAgent}>
                    {userAgent}
                  </span>
                ),
            },
            { title: texts.signedInAt, render: (_, { createdAt }) => <Time at={createdAt} /> },
            { title: texts.lastSeenAt, render: (_, { lastSeenAt }) => <Time at={lastSeenAt} /> },
            { title: texts.expiresAt, render: (_, { expiresAt }) => <Time at={expiresAt} /> },
          ]}
        />
      )}
    </Panel>
  );
}

export function AuditPanel({ events, userId }: { events: AuditEvent[]; userId: string }) {
  const texts = useMessages(userMessages);
  return (
    <Panel
      title={texts.audit}
      extra={<Link href={`/audit?user=${encodeURIComponent(userId)}`}>{texts.allAudit}</Link>}
    >
      {events.length === 0 ? <EmptyState text={texts.noAudit} /> : <AuditTable events={events} hidesUser />}
    </Panel>
  );
}
