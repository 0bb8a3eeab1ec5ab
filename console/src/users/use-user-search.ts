import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { answer, api } from '../api/client.js';
import { keysetPaging } from '../components/keyset-paging.js';
import { setSearchText, useSearchText } from './search-text.js';
import { readFilter, toRequest, writeFilter, type ColumnName, type UserFilter } from './user-search.js';

/** The search of the URL and of the text in memory, with its results. */
export function useUserSearch() {
  const [params, setParams] = useSearchParams();
  const text = useSearchText();
  const filter = readFilter(params);
  const { q } = text;
  const after = params.get('after') ?? undefined;
  const cursor = q === '' ? after : text.cursor;
  const request = toRequest(filter, q, cursor);

  const query = useQuery({
    queryKey: ['users', request],
    queryFn: ({ signal }) => answer(api.POST('/admin/users/search', { body: request, signal })),
    placeholderData: keepPreviousData,
  });

  /** Goes to the first page of a search. */
  function search(next: Partial<UserFilter> & { q?: string }): void {
    setSearchText({ q: next.q ?? q });
    setParams(writeFilter({ ...filter, ...next }));
  }

  /** The same page with other columns. */
  function showColumns(columns: readonly ColumnName[]): void {
    setParams(withAfter(writeFilter({ ...filter, columns }), after), { replace: true });
  }

  function showPage(next: string | undefined): void {
    if (q !== '') setSearchText({ q, cursor: next });
    else setParams(withAfter(writeFilter(filter), next));
  }

  return {
    filter,
    q,
    search,
    showColumns,
    query,
    paging: keysetPaging({ list: 'users', cursor, nextCursor: query.data?.nextCursor, show: showPage }),
  };
}

function withAfter(params: URLSearchParams, after: string | undefined): URLSearchParams {
  if (after !== undefined) params.set('after', after);
  return params;
}

export type UserSearch = ReturnType<typeof useUserSearch>;
