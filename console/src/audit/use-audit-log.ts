import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { answer, api } from '../api/client.js';
import { readFilter, writeFilter, type AuditFilter } from './audit-filter.js';

/** The page of newer entries, by each page that was opened from it; both by their filter as a URL has it. */
const newerPages = new Map<string, AuditFilter>();

/** The page of the audit log that the URL names. */
export function useAuditLog() {
  const [params, setParams] = useSearchParams();
  const filter = readFilter(params);
  const { action, userId, cursor } = filter;
  const query = useQuery({
    queryKey: ['audit', filter],
    queryFn: ({ signal }) =>
      answer(api.GET('/admin/audit', { params: { query: { action, userId, cursor } }, signal })),
    placeholderData: keepPreviousData,
    // Something may have happened since.
    staleTime: 0,
  });
  const show = (next: AuditFilter) => setParams(writeFilter(next));
  const newer = newerPages.get(writeFilter(filter).toString());
  const nextCursor = query.data?.nextCursor ?? undefined;
  return {
    filter,
    query,
    /** Goes to the newest entries. */
    search: (next: Partial<AuditFilter>) => show({ ...filter, ...next, cursor: undefined }),
    paging: {
      isFirst: cursor === undefined,
      showFirst: () => show({ action, userId }),
      showPrevious: newer && (() => show(newer)),
      showNext:
        nextCursor === undefined
          ? undefined
          : () => {
              const older = { action, userId, cursor: nextCursor };
              newerPages.set(writeFilter(older).toString(), filter);
              show(older);
            },
    },
  };
}

export type AuditLog = ReturnType<typeof useAuditLog>;
