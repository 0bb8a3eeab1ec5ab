import { Alert, Button, Switch } from 'antd';
import type { Schemas } from '../api/client.js';
import { useApps } from '../apps/use-apps.js';
import { EmptyState } from '../components/empty-state.js';
import { Facts } from '../components/facts.js';
import { LoadingState } from '../components/loading-state.js';
import { Page } from '../components/page.js';
import { Panel } from '../components/panel.js';
import { ProblemAlert } from '../components/problem-alert.js';
import { DataTable } from '../components/data-table.js';
import { Time } from '../components/time.js';
import { ToneTag } from '../components/tone-tag.js';
import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import { useDurations } from './use-durations.js';
import { healthMessages } from './health.messages.js';
import { useHealth } from './use-health.js';
import './health.css';

type NodeHealth = Schemas['NodeHealthResponse'];

/** Whether the node can do its work, and how it does. */
export default function HealthPage() {
  const texts = useMessages(healthMessages);
  const { query, refreshes, setRefreshes } = useHealth();
  const { data, error, refetch, dataUpdatedAt } = query;
  return (
    <Page
      title={texts.title}
      extra={
        <div className="health-refresh">
          {dataUpdatedAt > 0 && (
            <span className="secondary">
              {texts.asOf} <Clock at={dataUpdatedAt} />
            </span>
          )}
          <label>
            <Switch size="small" checked={refreshes} onChange={setRefreshes} /> {texts.refreshes}
          </label>
          <Button onClick={() => void refetch({ cancelRefetch: false })}>{texts.refresh}</Button>
        </div>
      }
    >
      {error && (
        <div className="panel">
          <ProblemAlert problem={error} title={data && texts.unknown} onRetry={() => void refetch()} />
        </div>
      )}
      {data ? <Health health={data} /> : !error && <Loading />}
    </Page>
  );
}

function Loading() {
  return (
    <div className="panel">
      <LoadingState />
    </div>
  );
}

/** A time of day with seconds. */
function Clock({ at }: { at: number }) {
  const iso = new Date(at).toISOString();
  const formats = useFormats();
  return <time dateTime={iso}>{formats.exactDateTime(iso).slice(11, 19)}</time>;
}

function Health({ health }: { health: NodeHealth }) {
  return (
    <>
      <Node health={health} />
      <Parts health={health} />
      <Database health={health} />
      <Wechat health={health} />
      <Jobs jobs={health.jobs} />
    </>
  );
}

function Node({
  health: { isReady, hostname, version, nodeVersion, startedAt, uptimeSeconds },
}: {
  health: NodeHealth;
}) {
  const texts = useMessages(healthMessages);
  const durationOf = useDurations();
  return (
    <Panel title={texts.node} extra={<span className="secondary">{texts.oneNode}</span>}>
      <p role="status" className="health-state">
        <StateTag isGood={isReady} good={texts.ready} bad={texts.notReady} />
      </p>
      <Facts
        facts={[
          [texts.hostname, <code key="hostname">{hostname}</code>],
          [texts.version, version],
          [texts.nodeVersion, nodeVersion],
          [texts.startedAt, <Time key="startedAt" at={startedAt} />],
          [texts.uptime, durationOf(uptimeSeconds)],
        ]}
      />
    </Panel>
  );
}

function Parts({ health: { parts, missingMigrations } }: { health: NodeHealth }) {
  const texts = useMessages(healthMessages);
  return (
    <Panel title={texts.parts}>
      {missingMigrations.length > 0 && (
        <Alert
          type="warning"
          showIcon
          className="health-migrations"
          title={texts.missingMigrations}
          description={
            <>
              <ul>
                {missingMigrations.map((name) => (
                  <li key={name}>
                    <code>{name}</code>
                  </li>
                ))}
              </ul>
              {texts.missingMigrationsHowTo}
            </>
          }
        />
      )}
      <DataTable
        label={texts.parts}
        rowKey="name"
        rows={parts}
        columns={[
          { title: texts.part, render: (_, { name }) => texts.partNames[name] ?? name },
          {
            title: texts.state,
            render: (_, { fault }) => (
              <StateTag isGood={fault === null} good={texts.works} bad={texts.down} />
            ),
          },
          { title: texts.fault, dataIndex: 'fault' },
        ]}
      />
    </Panel>
  );
}

function Database({ health: { pool, revocations } }: { health: NodeHealth }) {
  const texts = useMessages(healthMessages);
  const formats = useFormats();
  const durationOf = useDurations();
  return (
    <Panel title={texts.database}>
      <Facts
        facts={[
          [texts.poolBusy, formats.number(pool.busy)],
          [texts.poolIdle, formats.number(pool.idle)],
          [texts.poolMax, formats.number(pool.max)],
          [texts.poolWaiting, formats.number(pool.waiting)],
          [texts.remembered, formats.number(revocations.remembered)],
          [texts.lastAsked, texts.ago(durationOf(revocations.ageSeconds))],
        ]}
      />
    </Panel>
  );
}

function Wechat({ health: { breakers, wechatTokens } }: { health: NodeHealth }) {
  const texts = useMessages(healthMessages);
  const { nameOf } = useApps();
  const durationOf = useDurations();
  return (
    <Panel title={texts.wechat}>
      <p className="secondary health-how-to">{texts.wechatHowTo}</p>
      {breakers.length === 0 ? (
        <EmptyState text={texts.noWechat} />
      ) : (
        <DataTable
          label={texts.wechat}
          rowKey={({ appid, api }) => `${appid} ${api}`}
          rows={breakers}
          columns={[
            { title: texts.app, render: (_, { appid }) => nameOf(appid) },
            { title: texts.api, render: (_, { api }) => <code>{api}</code> },
            {
              title: texts.state,
              render: (_, { isOpen }) => (
                <StateTag isGood={!isOpen} good={texts.breakerClosed} bad={texts.breakerOpen} />
              ),
            },
          ]}
        />
      )}
      {wechatTokens.length > 0 && (
        <div className="health-tokens">
          <Facts
            facts={wechatTokens.map(({ appid, ageSeconds }) => [
              texts.token(nameOf(appid)),
              ageSeconds === null ? texts.noToken : texts.tokenFrom(durationOf(ageSeconds)),
            ])}
          />
        </div>
      )}
    </Panel>
  );
}

function Jobs({ jobs }: { jobs: NodeHealth['jobs'] }) {
  const texts = useMessages(healthMessages);
  const formats = useFormats();
  const durationOf = useDurations();
  return (
    <Panel title={texts.jobs}>
      <p className="secondary health-how-to">{texts.jobsHowTo}</p>
      {jobs.length === 0 ? (
        <EmptyState text={texts.noJobs} />
      ) : (
        <DataTable
          label={texts.jobs}
          rowKey="name"
          rows={jobs}
          columns={[
            {
              title: texts.job,
              render: (_, { name }) => (
                <>
                  {name in texts.jobNames && `${texts.jobNames[name]} `}
                  <code>{name}</code>
                </>
              ),
            },
            { title: texts.lastSuccess, render: (_, { lastSuccessAt }) => <LastRun at={lastSuccessAt} /> },
            { title: texts.lastFailure, render: (_, { lastFailureAt }) => <LastRun at={lastFailureAt} /> },
            {
              title: texts.duration,
              render: (_, { lastDurationSeconds: seconds }) => (seconds === null ? '–' : durationOf(seconds)),
            },
            {
              title: texts.failures,
              render: (_, { failures }) =>
                failures === 0 ? '0' : <ToneTag tone="error">{formats.number(failures)}</ToneTag>,
            },
          ]}
        />
      )}
    </Panel>
  );
}

function LastRun({ at }: { at: string | null }) {
  const texts = useMessages(healthMessages);
  return at === null ? <span className="secondary">{texts.never}</span> : <Time at={at} />;
}

/** Says in words what its colour says. */
function StateTag({ isGood, good, bad }: { isGood: boolean; good: string; bad: string }) {
  return <ToneTag tone={isGood ? 'success' : 'error'}>{isGood ? good : bad}</ToneTag>;
}
