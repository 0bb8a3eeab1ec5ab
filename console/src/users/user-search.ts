import type { Schemas } from '../api/client.js';

type Request = Schemas['SearchUsersRequest'];
export type UserStatus = Schemas['UserItemResponse']['status'];
export type UserSort = NonNullable<Request['sort']>;

export const statuses = ['active', 'disabled', 'deleting', 'merged'] as const satisfies readonly UserStatus[];
export const sorts = ['-createdAt', 'createdAt', '-lastLoginAt'] as const satisfies readonly UserSort[];

/** The columns of the table, in their order. The user is always shown. */
export const columnNames = [
  'status',
  'phone',
  'apps',
  'roles',
  'createdAt',
  'lastLoginAt',
  'id',
  'externalId',
] as const;
export type ColumnName = (typeof columnNames)[number];
export const defaultColumns: readonly ColumnName[] = [
  'status',
  'phone',
  'apps',
  'roles',
  'createdAt',
  'lastLoginAt',
];

/** What the URL of the users page holds. It names no user: the text of a search stays in memory. */
export interface UserFilter {
  status?: UserStatus;
  appid?: string;
  phone?: 'yes' | 'no';
  /** `2026-11-30`, in the zone of the browser. */
  from?: string;
  /** The last day. */
  to?: string;
  sort: UserSort;
  columns: readonly ColumnName[];
}

/** What of a URL is not understood is left out: someone may have typed it. */
export function readFilter(params: URLSearchParams): UserFilter {
  const chosen = params.get('columns')?.split(',');
  return {
    status: oneOf(statuses, params.get('status')),
    appid: params.get('app') || undefined,
    phone: oneOf(['yes', 'no'], params.get('phone')),
    from: readDay(params.get('from')),
    to: readDay(params.get('to')),
    sort: oneOf(sorts, params.get('sort')) ?? '-createdAt',
    columns: chosen ? columnNames.filter((name) => chosen.includes(name)) : defaultColumns,
  };
}

/** The shortest URL of a filter: what is as usual is left out. */
export function writeFilter({ status, appid, phone, from, to, sort, columns }: UserFilter): URLSearchParams {
  const isUsual = columns.join() === defaultColumns.join();
  const entries = {
    status,
    app: appid,
    phone,
    from,
    to,
    sort: sort === '-createdAt' ? undefined : sort,
    columns: isUsual ? undefined : columns.join(','),
  };
  return new URLSearchParams(
    Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Whether anything but the order and the columns is chosen. */
export function isFiltered({ status, appid, phone, from, to }: UserFilter): boolean {
  return [status, appid, phone, from, to].some((value) => value !== undefined);
}

/** The body of a search. */
export function toRequest(
  { status, appid, phone, from, to, sort }: UserFilter,
  q: string,
  cursor: string | undefined,
): Request {
  return {
    status,
    appid,
    hasPhone: phone === undefined ? undefined : phone === 'yes',
    sort,
    q: q === '' ? undefined : q,
    createdFrom: from === undefined ? undefined : startOfDay(from, 0),
    createdTo: to === undefined ? undefined : startOfDay(to, 1),
    cursor,
  };
}

/** The first moment of a day, or of so many days after it, in the zone of the browser. */
function startOfDay(day: string, daysLater: number): string {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + daysLater);
  return date.toISOString();
}

function readDay(text: string | null): string | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  return Number.isNaN(new Date(`${text}T00:00`).getTime()) ? undefined : text;
}

function oneOf<Value extends string>(values: readonly Value[], text: string | null): Value | undefined {
  return values.find((value) => value === text);
}
