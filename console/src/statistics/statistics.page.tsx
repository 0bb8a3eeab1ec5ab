import { Select } from 'antd';
import { useApps } from '../apps/use-apps.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterSelect } from '../components/filter-select.js';
import { Page } from '../components/page.js';
import { Panel } from '../components/panel.js';
import { QueryState } from '../components/query-state.js';
import type { Schemas } from '../api/client.js';
import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import {
  daysUntil,
  failuresByCode,
  joinOthers,
  loginsByApp,
  loginsByOutcome,
  ofApp,
  succeeded,
  sum,
  sumByDay,
} from './daily-counts.js';
import { DailyTable } from './daily-table.js';
import { FailuresTable } from './failures-table.js';
import { LineChart, maxSeries, type NamedSeries } from './line-chart.js';
import { statisticsMessages } from './statistics.messages.js';
import { dayChoices, useStatistics } from './use-statistics.js';
import './statistics.css';

/** How often users log in, and what becomes of it. */
export default function StatisticsPage() {
  const texts = useMessages(statisticsMessages);
  const { apps } = useApps();
  const { filter, show, query } = useStatistics();
  const { data, error, dataUpdatedAt } = query;
  return (
    <Page title={texts.title}>
      <search className="panel">
        <div role="group" aria-label={texts.filters} className="statistics-filters">
          <Select
            aria-label={texts.days}
            value={filter.days}
            options={dayChoices.map((days) => ({ value: days, label: texts.lastDays(days) }))}
            onChange={(days) => show({ days })}
          />
          <FilterSelect
            label={texts.app}
            any={texts.anyApp}
            options={apps.map(({ appid, name }) => ({ value: appid, label: name ?? appid }))}
            value={filter.appid}
            onChange={(appid) => show({ appid })}
          />
          <span className="secondary">{texts.utc}</span>
        </div>
      </search>
      {data && !error ? (
        <Charts
          stats={ofApp(data, filter.appid)}
          days={daysUntil(dataUpdatedAt, filter.days)}
          hasApps={filter.appid === undefined}
        />
      ) : (
        <div className="panel">
          <QueryState query={query} />
        </div>
      )}
    </Page>
  );
}

interface ChartsProps {
  stats: Schemas['LoginStatsResponse'];
  days: readonly string[];
  /** Whether the counts are of all apps. */
  hasApps: boolean;
}

function Charts({ stats, days, hasApps }: ChartsProps) {
  const texts = useMessages(statisticsMessages);
  const { nameOf } = useApps();
  if (stats.logins.length === 0) {
    return (
      <div className="panel">
        <EmptyState text={texts.none}>
          <p className="secondary">{texts.noneHowTo}</p>
        </EmptyState>
      </div>
    );
  }
  const outcomes = loginsByOutcome(stats, days);
  const newUsers = { name: 'newUsers', label: texts.newUsers, values: sumByDay(stats.newUsers, days) };
  const byApp = loginsByApp(stats, days);
  return (
    <>
      <Totals logins={outcomes.map(({ values }) => sum(values))} newUsers={sum(newUsers.values)} />
      <ChartPanel
        title={texts.byOutcome}
        days={days}
        series={outcomes.map((each) => ({
          ...each,
          label: each.name === succeeded ? texts.succeeded : texts.failed,
        }))}
      />
      <Panel title={texts.byCode}>
        <FailuresTable failures={failuresByCode(stats)} />
      </Panel>
      <ChartPanel title={texts.newUsersByDay} days={days} series={[newUsers]} />
      {hasApps && byApp.length > 1 && (
        <ChartPanel
          title={texts.byApp}
          days={days}
          series={joinOthers(byApp, maxSeries, '').map((each) => ({
            ...each,
            label: each.name === '' ? texts.others : nameOf(each.name),
          }))}
        />
      )}
    </>
  );
}

function ChartPanel(props: { title: string; days: readonly string[]; series: readonly NamedSeries[] }) {
  return (
    <Panel title={props.title}>
      <LineChart {...props} />
      <DailyTable {...props} />
    </Panel>
  );
}

function Totals({ logins: [good = 0, bad = 0], newUsers }: { logins: number[]; newUsers: number }) {
  const texts = useMessages(statisticsMessages);
  const formats = useFormats();
  // Rounded down: 100% means that none has failed.
  const percent = Math.floor((good / (good + bad)) * 1_000) / 10;
  const facts = [
    [texts.succeeded, formats.number(good)],
    [texts.failed, formats.number(bad)],
    [texts.successRate, `${formats.number(percent)}%`],
    [texts.newUsers, formats.number(newUsers)],
  ] as const;
  return (
    <section className="panel" aria-label={texts.totals}>
      <dl className="totals">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
