import type { ReactNode } from 'react';
import { useApps } from '../apps/use-apps.js';
import { Time } from '../components/time.js';
import { useMessages } from '../i18n/messages.js';
import { auditMessages } from './audit.messages.js';
import { isUserId } from './audit-filter.js';
import { UserLink } from './user-link.js';

/** What else the log knows of an entry, as names and values. */
export function AuditDetails({ details }: { details: object }) {
  const texts = useMessages(auditMessages);
  return (
    <ul className="audit-details">
      {Object.entries(details).map(([name, value]) => (
        <li key={name}>
          <span className="secondary">{texts.details[name] ?? name}</span>{' '}
          <DetailValue name={name} value={value} />
        </li>
      ))}
    </ul>
  );
}

const userNames = new Set(['from', 'into', 'with']);
const timeNames = new Set(['until', 'activeFrom', 'createdFrom', 'createdTo']);

function DetailValue({ name, value }: { name: string; value: unknown }): ReactNode {
  const texts = useMessages(auditMessages);
  const { nameOf } = useApps();
  if (name === 'until' && value === null) return texts.noEnd;
  if (value === null || (Array.isArray(value) && value.length === 0)) return texts.nothing;
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'boolean') return value ? texts.yes : texts.no;
  if (name === 'operator') {
    const { account, machine } = value as { account: string; machine: string };
    return `${account}@${machine}`;
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (name === 'appid') return <span title={text}>{nameOf(text)}</span>;
  if (userNames.has(name) && isUserId(text)) return <UserLink id={text} />;
  if (timeNames.has(name)) return <Time at={text} />;
  return text;
}
