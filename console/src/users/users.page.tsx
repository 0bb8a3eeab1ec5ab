import { EmptyState } from '../components/empty-state.js';
import { Page } from '../components/page.js';
import { Paging } from '../components/paging.js';
import { QueryState } from '../components/query-state.js';
import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import { ColumnChoice } from './column-choice.js';
import { SearchForm } from './search-form.js';
import { useUserSearch, type UserSearch } from './use-user-search.js';
import { isFiltered } from './user-search.js';
import { UsersTable } from './users-table.js';
import { usersMessages } from './users.messages.js';
import './users.css';

/** Search for users. */
export default function UsersPage() {
  const texts = useMessages(usersMessages);
  const userSearch = useUserSearch();
  const { data, error } = userSearch.query;
  return (
    <Page title={texts.title}>
      <SearchForm {...userSearch} />
      <div className="panel">
        {data && !error ? <Results {...userSearch} /> : <QueryState query={userSearch.query} />}
      </div>
    </Page>
  );
}

function Results({ filter, q, showColumns, query, paging }: UserSearch) {
  const texts = useMessages(usersMessages);
  const formats = useFormats();
  const { items, estimatedTotal, nextCursor } = query.data!;
  if (items.length === 0 && paging.isFirst) {
    const hasConditions = isFiltered(filter) || q !== '';
    return (
      <EmptyState text={hasConditions ? texts.none : texts.noneYet}>
        {!hasConditions && <p className="secondary">{texts.noneYetHowTo}</p>}
      </EmptyState>
    );
  }
  const isExact = paging.isFirst && nextCursor === null;
  const count = formats.number(estimatedTotal);
  return (
    <>
      <div className="users-summary">
        <span role="status">{isExact ? texts.found(count) : texts.foundAbout(count)}</span>
        <ColumnChoice columns={filter.columns} onChange={showColumns} />
      </div>
      <UsersTable users={items} columns={filter.columns} isLoading={query.isPlaceholderData} />
      {!isExact && (
        <Paging
          {...paging}
          label={texts.paging}
          first={texts.firstPage}
          previous={texts.previousPage}
          next={texts.nextPage}
        />
      )}
    </>
  );
}
