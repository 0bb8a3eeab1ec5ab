import { Table, type TableColumnType } from 'antd';
import type { ReactNode, TdHTMLAttributes } from 'react';
import './data-table.css';

export type DataColumn<Row> = TableColumnType<Row> & { title: string };

interface DataTableProps<Row extends object> {
  /** What the rows are, for screen readers. */
  label: string;
  rows: readonly Row[];
  /** What no other row has: a member, or a text made of several. */
  rowKey: (keyof Row & string) | ((row: Row) => string);
  columns: readonly DataColumn<Row>[];
  isLoading?: boolean;
}

/**
 * A table of all rows that it gets. On a narrow screen, the cells of a row stand one below the other, each with the title of its
 * column. One too wide for another screen is scrolled sideways, by the keyboard, too.
 */
export function DataTable<Row extends object>({
  label,
  rows,
  rowKey,
  columns,
  isLoading = false,
}: DataTableProps<Row>) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- only what has the focus is scrolled by the keyboard
    <div className="data-table" role="group" aria-label={label} tabIndex={0}>
      <Table
        aria-label={label}
        rowKey={rowKey}
        size="middle"
        dataSource={rows}
        columns={columns.map(withLabel)}
        pagination={false}
        loading={isLoading}
      />
    </div>
  );
}

/** The cells of a column know its title. What they hold is one element, or nothing. */
function withLabel<Row>(column: TableColumnType<Row>): TableColumnType<Row> {
  const attributes = { 'data-label': column.title } as TdHTMLAttributes<HTMLElement>;
  return {
    ...column,
    onCell: () => attributes,
    render(value: ReactNode, row, index) {
      const content = column.render ? (column.render(value, row, index) as ReactNode) : value;
      return isEmpty(content) ? null : <div>{content}</div>;
    },
  };
}

function isEmpty(content: ReactNode): boolean {
  return (
    [null, undefined, false, ''].includes(content as null) || (Array.isArray(content) && content.length === 0)
  );
}
