import { DataTable, type DataColumn } from '../components/data-table.js';
import { Time } from '../components/time.js';
import { useMessages } from '../i18n/messages.js';
import { auditActionMessages } from './audit-actions.messages.js';
import { AuditDetails } from './audit-details.js';
import type { AuditEvent } from './audit-filter.js';
import { auditMessages } from './audit.messages.js';
import { UserLink } from './user-link.js';
import './audit.css';

interface AuditTableProps {
  events: AuditEvent[];
  /** On the page of a user, who is the same in each entry. */
  hidesUser?: boolean;
  isLoading?: boolean;
}

/** Who did what to whom, when, and from where. */
export function AuditTable({ events, hidesUser = false, isLoading = false }: AuditTableProps) {
  const texts = useMessages(auditMessages);
  const { actions } = useMessages(auditActionMessages);
  const names = texts.columns;
  const columns: (DataColumn<AuditEvent> & { key: keyof typeof names })[] = [
    { key: 'at', title: names.at, render: (_, { at }) => <Time at={at} /> },
    {
      key: 'action',
      title: names.action,
      // A newer service may have actions that this page does not know.
      render: (_, { action }) => <span title={action}>{actions[action] ?? action}</span>,
    },
    { key: 'actor', title: names.actor, render: (_, event) => <Actor event={event} /> },
    {
      key: 'user',
      title: names.user,
      render: (_, { userId }) => userId && <UserLink id={userId} />,
    },
    { key: 'ip', title: names.ip, render: (_, { ip }) => ip && <code>{ip}</code> },
    {
      key: 'details',
      title: names.details,
      render: (_, { details }) => Object.keys(details).length > 0 && <AuditDetails details={details} />,
    },
  ];
  return (
    <DataTable
      label={texts.table}
      rowKey="id"
      rows={events}
      columns={columns.filter(({ key }) => !hidesUser || key !== 'user')}
      isLoading={isLoading}
    />
  );
}

function Actor({ event: { actor, actorId } }: { event: AuditEvent }) {
  const texts = useMessages(auditMessages);
  const { actors } = useMessages(auditActionMessages);
  if (actorId !== null) return <UserLink id={actorId} />;
  return actor === 'person' ? texts.notSignedIn : (actors[actor] ?? actor);
}
