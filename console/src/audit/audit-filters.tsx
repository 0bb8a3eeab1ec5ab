import { Button, Form, Input, Select } from 'antd';
import { useState } from 'react';
import { useMessages } from '../i18n/messages.js';
import { auditActionMessages } from './audit-actions.messages.js';
import { auditActions, isUserId } from './audit-filter.js';
import { auditMessages } from './audit.messages.js';
import type { AuditLog } from './use-audit-log.js';

/** Which entries to show. */
export function AuditFilters({ filter: { action, userId }, search }: Pick<AuditLog, 'filter' | 'search'>) {
  const texts = useMessages(auditMessages);
  const { actions } = useMessages(auditActionMessages);
  const [text, setText] = useState(userId ?? '');
  const [isWrong, setWrong] = useState(false);
  const [shownId, setShownId] = useState(userId);
  // Back and forward change the URL under the form.
  if (userId !== shownId) {
    setShownId(userId);
    setText(userId ?? '');
    setWrong(false);
  }
  const searchUser = (value: string) => {
    const id = value.trim().toLowerCase();
    setWrong(id !== '' && !isUserId(id));
    if (id === '' || isUserId(id)) search({ userId: id === '' ? undefined : id });
  };
  const clear = () => {
    setText('');
    setWrong(false);
    search({ action: undefined, userId: undefined });
  };
  return (
    <search className="panel">
      <div role="group" aria-label={texts.filters} className="audit-filters">
        <Select
          aria-label={texts.action}
          className="audit-action"
          showSearch={{ optionFilterProp: 'label' }}
          value={action ?? ''}
          options={[
            { value: '', label: texts.anyAction },
            ...auditActions.map((value) => ({ value, label: actions[value] })),
          ]}
          onChange={(value) => search({ action: value === '' ? undefined : (value as typeof action) })}
        />
        <Form.Item
          className="audit-user"
          validateStatus={isWrong ? 'error' : undefined}
          help={isWrong && <span role="alert">{texts.notAnId}</span>}
        >
          <Input.Search
            aria-label={texts.user}
            aria-invalid={isWrong}
            placeholder={texts.userPlaceholder}
            enterButton={texts.search}
            autoComplete="off"
            spellCheck={false}
            allowClear
            maxLength={64}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onSearch={searchUser}
          />
        </Form.Item>
        {(action !== undefined || userId !== undefined) && <Button onClick={clear}>{texts.reset}</Button>}
      </div>
    </search>
  );
}
