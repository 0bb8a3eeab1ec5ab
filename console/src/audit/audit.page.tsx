import { Button } from 'antd';
import { EmptyState } from '../components/empty-state.js';
import { LoadingState } from '../components/loading-state.js';
import { Page } from '../components/page.js';
import { ProblemAlert } from '../components/problem-alert.js';
import { useMessages } from '../i18n/messages.js';
import { AuditFilters } from './audit-filters.js';
import { AuditTable } from './audit-table.js';
import { auditMessages } from './audit.messages.js';
import { useAuditLog, type AuditLog } from './use-audit-log.js';

/** Who did what to whom, when, and from where. */
export default function AuditPage() {
  const texts = useMessages(auditMessages);
  const auditLog = useAuditLog();
  const { data, error, refetch } = auditLog.query;
  return (
    <Page title={texts.title}>
      <AuditFilters {...auditLog} />
      <div className="panel">
        {error ? (
          <ProblemAlert problem={error} onRetry={() => void refetch()} />
        ) : data ? (
          <Entries {...auditLog} />
        ) : (
          <LoadingState />
        )}
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
        <nav className="audit-paging" aria-label={texts.paging}>
          <Button disabled={paging.isFirst} onClick={paging.showFirst}>
            {texts.newest}
          </Button>
          <Button disabled={!paging.showPrevious} onClick={paging.showPrevious}>
            {texts.newer}
          </Button>
          <Button disabled={!paging.showNext} onClick={paging.showNext}>
            {texts.older}
          </Button>
        </nav>
      )}
    </>
  );
}
