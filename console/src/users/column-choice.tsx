import { Button, Checkbox, Popover } from 'antd';
import { useMessages } from '../i18n/messages.js';
import { columnNames, type ColumnName } from './user-search.js';
import { usersMessages } from './users.messages.js';

interface ColumnChoiceProps {
  columns: readonly ColumnName[];
  onChange: (columns: ColumnName[]) => void;
}

/** Which columns the table has. */
export function ColumnChoice({ columns, onChange }: ColumnChoiceProps) {
  const texts = useMessages(usersMessages);
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <fieldset className="column-choice">
          <legend className="visually-hidden">{texts.columns}</legend>
          {columnNames.map((name) => (
            <Checkbox
              key={name}
              checked={columns.includes(name)}
              onChange={({ target }) =>
                onChange(
                  columnNames.filter((each) => (each === name ? target.checked : columns.includes(each))),
                )
              }
            >
              {texts.columnNames[name]}
            </Checkbox>
          ))}
        </fieldset>
      }
    >
      <Button>{texts.columns}</Button>
    </Popover>
  );
}
