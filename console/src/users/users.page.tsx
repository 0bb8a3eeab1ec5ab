import { useQuery } from '@tanstack/react-query';
import { Table } from 'antd';
import { answer, api } from '../api/client.js';
import { LoadingState } from '../components/loading-state.js';
import { Page } from '../components/page.js';
import { ProblemAlert } from '../components/problem-alert.js';
import { useMessages } from '../i18n/messages.js';
import { usersMessages } from './users.messages.js';

/** The users table. */
export default function UsersPage() {
  const texts = useMessages(usersMessages);
  const { data, error, refetch } = useQuery({
    queryKey: ['users'],
    queryFn: ({ signal }) => answer(api.POST('/admin/users/search', { body: {}, signal })),
  });
  return (
    <Page title={texts.title}>
      {error && <ProblemAlert problem={error} onRetry={() => void refetch()} />}
      {data ? (
        <Table
          rowKey="id"
          dataSource={data.items}
          columns={[{ title: 'ID', dataIndex: 'id' }]}
          pagination={false}
        />
      ) : (
        !error && <LoadingState />
      )}
    </Page>
  );
}
