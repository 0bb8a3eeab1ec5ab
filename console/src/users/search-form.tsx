import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useApps } from '../apps/use-apps.js';
import { FilterSelect } from '../components/filter-select.js';
import { useMessages } from '../i18n/messages.js';
import type { UserSearch } from './use-user-search.js';
import { isFiltered, sorts, statuses } from './user-search.js';
import { usersMessages } from './users.messages.js';

const maxTextLength = 128;

/** What to search for. The text is searched for when it is submitted, since each search leaves an entry in the audit log. */
export function SearchForm({ filter, q, search }: Pick<UserSearch, 'filter' | 'q' | 'search'>) {
  const texts = useMessages(usersMessages);
  const { apps } = useApps();
  const [text, setText] = useState(q);
  const clear = () => {
    setText('');
    search({ q: '', status: undefined, appid: undefined, phone: undefined, from: undefined, to: undefined });
  };
  return (
    <search className="panel users-search">
      <Input.Search
        aria-label={texts.search}
        placeholder={texts.searchPlaceholder}
        enterButton={texts.searchButton}
        maxLength={maxTextLength}
        allowClear
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onSearch={(value) => search({ q: value.trim() })}
      />
      <div role="group" aria-label={texts.filters} className="users-filters">
        <FilterSelect
          label={texts.status}
          any={texts.anyStatus}
          options={statuses.map((value) => ({ value, label: texts.statuses[value] }))}
          value={filter.status}
          onChange={(status) => search({ status })}
        />
        <FilterSelect
          label={texts.app}
          any={texts.anyApp}
          options={apps.map(({ appid, name }) => ({ value: appid, label: name ?? appid }))}
          value={filter.appid}
          onChange={(appid) => search({ appid })}
        />
        <FilterSelect
          label={texts.phone}
          any={texts.anyPhone}
          options={[
            { value: 'yes', label: texts.withPhone },
            { value: 'no', label: texts.withoutPhone },
          ]}
          value={filter.phone}
          onChange={(phone) => search({ phone })}
        />
        <DayInput label={texts.from} value={filter.from} onChange={(from) => search({ from })} />
        <DayInput label={texts.to} value={filter.to} onChange={(to) => search({ to })} />
        <Select
          aria-label={texts.sort}
          value={filter.sort}
          options={sorts.map((value) => ({ value, label: texts.sorts[value] }))}
          onChange={(sort) => search({ sort })}
        />
        {(isFiltered(filter) || q !== '') && <Button onClick={clear}>{texts.reset}</Button>}
      </div>
    </search>
  );
}

interface DayInputProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** The browser's own calendar: it speaks the language of its user, and every assistive technology knows it. */
function DayInput({ label, value, onChange }: DayInputProps) {
  return (
    <label className="day-input">
      {label}
      <Input
        type="date"
        max="9999-12-31"
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value || undefined)}
      />
    </label>
  );
}
