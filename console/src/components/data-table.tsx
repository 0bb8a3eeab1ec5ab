import { Table, type TableColumnType } from 'antd';

interface DataTableProps<Row extends object> {
  /** What the rows are, for screen readers. */
  label: string;
  rows: readonly Row[];
  /** The member of a row that no other row has. */
  rowKey: keyof Row & string;
  columns: TableColumnType<Row>[];
  isLoading?: boolean;
}

/** A table of all rows that it gets. One too wide for the screen is scrolled sideways, by the keyboard, too. */
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
        columns={columns}
        pagination={false}
        loading={isLoading}
      />
    </div>
  );
}
