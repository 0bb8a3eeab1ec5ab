import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.js';
import { Copyable } from '../components/copyable.js';
import { EmptyState } from '../components/empty-state.js';
import { Page } from '../components/page.js';
import { Panel } from '../components/panel.js';
import { QueryState } from '../components/query-state.js';
import { DataTable } from '../components/data-table.js';
import { useMessages } from '../i18n/messages.js';
import { appsMessages } from './apps.messages.js';
import { appsQuery } from './use-apps.js';
import './apps.css';

/** Where users come from. */
export default function AppsPage() {
  const texts = useMessages(appsMessages);
  // The service may have been restarted with other settings since the console was opened.
  const query = useQuery({ ...appsQuery, staleTime: 0 });
  const { data, error } = query;
  return (
    <Page title={texts.title}>
      {data && !error ? (
        <>
          <Panel title={texts.apps}>
            <p className="secondary apps-how-to">{texts.appsHowTo}</p>
            <AppsTable apps={data.apps} />
          </Panel>
          <Panel title={texts.clients}>
            <p className="secondary apps-how-to">{texts.clientsHowTo}</p>
            <WebClientsTable clients={data.webClients} />
          </Panel>
        </>
      ) : (
        <div className="panel">
          <QueryState query={query} />
        </div>
      )}
    </Page>
  );
}

function AppsTable({ apps }: { apps: Schemas['AppItemResponse'][] }) {
  const texts = useMessages(appsMessages);
  return (
    <DataTable
      label={texts.apps}
      rowKey="appid"
      rows={apps}
      columns={[
        {
          title: texts.name,
          render: (_, { name }) => name ?? <span className="secondary">{texts.noName}</span>,
        },
        { title: texts.appid, render: (_, { appid }) => <Copyable text={appid} label={appid} /> },
        { title: texts.type, render: (_, { type }) => texts.types[type] ?? type },
        {
          title: texts.goTo,
          render: (_, { appid, name }) => (
            <span className="app-links">
              <AppLink page="users" appid={appid} name={name} />
              <AppLink page="statistics" appid={appid} name={name} />
            </span>
          ),
        },
      ]}
    />
  );
}

/** A page that shows only one app. */
function AppLink({
  page,
  appid,
  name,
}: {
  page: 'users' | 'statistics';
  appid: string;
  name: string | null;
}) {
  const text = useMessages(appsMessages)[page];
  return (
    <Link href={`/${page}?app=${encodeURIComponent(appid)}`} aria-label={`${text}: ${name ?? appid}`}>
      {text}
    </Link>
  );
}

function WebClientsTable({ clients }: { clients: Schemas['WebClientItemResponse'][] }) {
  const texts = useMessages(appsMessages);
  if (clients.length === 0) return <EmptyState text={texts.noClients} />;
  return (
    <DataTable
      label={texts.clients}
      rowKey="id"
      rows={clients}
      columns={[
        { title: texts.name, dataIndex: 'name' },
        { title: texts.id, render: (_, { id }) => <Copyable text={id} label={id} /> },
        {
          title: texts.origins,
          render: (_, { origins }) =>
            origins.length === 0 ? (
              <span className="secondary">{texts.noOrigins}</span>
            ) : (
              origins.map((origin) => <div key={origin}>{origin}</div>)
            ),
        },
      ]}
    />
  );
}
