import { Tag } from 'antd';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.js';
import { useApps } from '../apps/use-apps.js';
import { Copyable } from '../components/copyable.js';
import { DataTable, type DataColumn } from '../components/data-table.js';
import { Time } from '../components/time.js';
import { ToneTag } from '../components/tone-tag.js';
import { useMessages } from '../i18n/messages.js';
import { StatusTag } from './status-tag.js';
import { UserName } from './user-name.js';
import type { ColumnName } from './user-search.js';
import { usersMessages } from './users.messages.js';

type UserItem = Schemas['UserItemResponse'];
type Column = DataColumn<UserItem>;

interface UsersTableProps {
  users: UserItem[];
  columns: readonly ColumnName[];
  isLoading: boolean;
}

export function UsersTable({ users, columns, isLoading }: UsersTableProps) {
  const texts = useMessages(usersMessages);
  const { nameOf } = useApps();
  const renderers: Record<ColumnName, Column['render']> = {
    status: (_, { status, mergePendingWith }) => (
      <>
        <StatusTag status={status} />
        {mergePendingWith !== null && <ToneTag tone="warning">{texts.mergePending}</ToneTag>}
      </>
    ),
    phone: (_, { phone }) => phone && <Copyable text={phone} label={texts.phone} />,
    apps: (_, { appids }) => appids.map((appid) => <Tag key={appid}>{nameOf(appid)}</Tag>),
    roles: (_, { roles }) => roles.map((role) => <Tag key={role}>{role}</Tag>),
    createdAt: (_, { createdAt }) => <Time at={createdAt} />,
    lastLoginAt: (_, { lastLoginAt }) => <Time at={lastLoginAt} />,
    id: (_, { id }) => <Copyable text={id} label={texts.userId} />,
    externalId: (_, { externalId }) =>
      externalId && <Copyable text={externalId} label={texts.columnNames.externalId} />,
  };
  const shown: Column[] = [
    {
      key: 'user',
      title: texts.user,
      render: (_, user) => (
        <Copyable text={user.id} label={texts.userId}>
          <Link href={`/users/${user.id}`}>
            <UserName user={user} />
          </Link>
        </Copyable>
      ),
    },
    ...columns.map((name): Column => ({
      key: name,
      title: texts.columnNames[name],
      render: renderers[name],
    })),
  ];
  return <DataTable label={texts.table} rowKey="id" rows={users} columns={shown} isLoading={isLoading} />;
}
