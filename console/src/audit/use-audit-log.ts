import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { answer, api } from '../api/client.js';
import { keysetPaging } from '../components/keyset-paging.js';
import { readFilter, writeFilter, type AuditFilter } from './audit-filter.js';

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
  return {
    filter,
    query,
    /** Goes to the newest entries. */
    search: (next: Partial<AuditFilter>) => show({ ...filter, ...next, cursor: undefined }),
    paging: keysetPaging({
      // A cursor names an entry, and several filters can find it.
      list: `audit ${writeFilter({ action, userId })}`,
      cursor,
      nextCursor: query.data?.nextCursor,
      show: (page) => show({ action, userId, cursor: page }),
    }),
  };
}

export type AuditLog = ReturnType<typeof useAuditLog>;
