import type { ReactNode } from 'react';
import { Time } from '../../components/time.js';
import { useMessages } from '../../i18n/messages.js';
import { StatusTag } from '../../users/status-tag.js';
import { UserName } from '../../users/user-name.js';
import { usersMessages } from '../../users/users.messages.js';
import type { UserDetail } from '../use-user.js';
import { userMessages } from '../user.messages.js';
import { actionMessages } from './actions.messages.js';

interface ComparisonProps {
  user: UserDetail;
  other: UserDetail;
  /** The one that stays, once it is chosen. */
  primaryId: string | undefined;
}

/** Two users side by side. */
export function Comparison({ user, other, primaryId }: ComparisonProps) {
  const texts = useMessages(actionMessages);
  const userTexts = useMessages(userMessages);
  const { columnNames } = useMessages(usersMessages);
  const both = [user, other];
  const rows: [string, (of: UserDetail) => ReactNode][] = [
    [userTexts.nickname, (of) => <UserName user={of} size={24} />],
    [columnNames.status, ({ status }) => <StatusTag status={status} />],
    [columnNames.phone, ({ phone }) => phone ?? userTexts.none],
    [columnNames.roles, ({ roles }) => roles.join(', ') || userTexts.none],
    [
      columnNames.apps,
      ({ identities }) =>
        identities.map(({ appid, appName }) => appName ?? appid).join(', ') || userTexts.none,
    ],
    [userTexts.sessions, ({ sessions }) => sessions.length],
    [columnNames.createdAt, ({ createdAt }) => <Time at={createdAt} />],
    [columnNames.lastLoginAt, ({ lastLoginAt }) => <Time at={lastLoginAt} />],
    [columnNames.externalId, ({ externalId }) => externalId ?? userTexts.none],
    [columnNames.id, ({ id }) => <code>{id}</code>],
  ];
  return (
    <div className="comparison">
      <table>
        <caption className="visually-hidden">{texts.compare}</caption>
        <thead>
          <tr>
            <td />
            {both.map((each) => (
              <th key={each.id} scope="col">
                {each === user ? texts.thisUser : texts.otherUser}
                {primaryId !== undefined && (
                  <strong> · {each.id === primaryId ? texts.stays : texts.goes}</strong>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, render]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {both.map((each) => (
                <td key={each.id}>{render(each)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
