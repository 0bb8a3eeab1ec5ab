import { EmptyState } from '../components/empty-state.js';
import { Page } from '../components/page.js';
import { Paging } from '../components/paging.js';
import { QueryState } from '../components/query-state.js';
import { useMessages } from '../i18n/messages.js';
import { AuditFilters } from './audit-filters.js';
import { AuditTable } from './audit-table.js';
import { auditMessages } from './audit.messages.js';
import { useAuditLog, type AuditLog } from './use-audit-log.js';

/** Who did what to whom, when, and from where. */
export default function AuditPage() {
  const texts = useMessages(auditMessages);
  const auditLog = useAuditLog();
  const { data, error } = auditLog.query;
  return (
    <Page title={texts.title}>
      <AuditFilters {...auditLog} />
      <div className="panel">
        {data && !error ? <Entries {...auditLog} /> : <QueryState query={auditLog.query} />}
      </div>
    </Page>
  );
}

function Entries({ filter: { action, userId }, query, paging }: AuditLog) {
  const texts = useMessages(auditMessages);
  const { items } = query.data!;
  if (items.length === 0 && paging.isFirst) {
    const isFiltered = action !== undefined || userId !== undefined;
    return <EmptyState text={isFiltered ? texts.none : texts.noneYet} />;
  }
  return (
    <>
      <AuditTable events={items} isLoading={query.isPlaceholderData} />
      {!(paging.isFirst && paging.showNext === undefined) && (
        <Paging
          {...paging}
          label={texts.paging}
          first={texts.newest}
          previous={texts.newer}
          next={texts.older}
        />
      )}
    </>
  );
}
