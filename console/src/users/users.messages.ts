import { defineMessages } from '../i18n/messages.js';
import type { ColumnName, UserSort, UserStatus } from './user-search.js';

interface UsersTexts {
  title: string;
  search: string;
  searchPlaceholder: string;
  searchButton: string;
  filters: string;
  status: string;
  anyStatus: string;
  app: string;
  anyApp: string;
  phone: string;
  anyPhone: string;
  withPhone: string;
  withoutPhone: string;
  from: string;
  to: string;
  sort: string;
  sorts: Record<UserSort, string>;
  reset: string;
  columns: string;
  user: string;
  columnNames: Record<ColumnName, string>;
  statuses: Record<UserStatus, string>;
  noNickname: string;
  found: (count: string) => string;
  foundAbout: (count: string) => string;
  table: string;
  none: string;
  noneYet: string;
  noneYetHowTo: string;
  paging: string;
  firstPage: string;
  previousPage: string;
  nextPage: string;
  userId: string;
  mergePending: string;
}

export const usersMessages = defineMessages<UsersTexts>({
  zh: {
    title: '用户',
    search: '搜索用户',
    searchPlaceholder: '用户 ID、openid、unionid、手机号、外部编号或昵称',
    searchButton: '搜索',
    filters: '筛选',
    status: '状态',
    anyStatus: '全部状态',
    app: '小程序',
    anyApp: '全部小程序',
    phone: '手机号',
    anyPhone: '不限手机号',
    withPhone: '有手机号',
    withoutPhone: '无手机号',
    from: '注册时间从',
    to: '至',
    sort: '排序',
    sorts: { '-createdAt': '最新注册', createdAt: '最早注册', '-lastLoginAt': '最近登录' },
    reset: '清除条件',
    columns: '显示列',
    user: '用户',
    columnNames: {
      status: '状态',
      phone: '手机号',
      apps: '小程序',
      roles: '角色',
      createdAt: '注册时间',
      lastLoginAt: '最近登录',
      id: '用户 ID',
      externalId: '外部编号',
    },
    statuses: { active: '正常', disabled: '已封禁', deleting: '注销中', merged: '已合并' },
    noNickname: '未设置昵称',
    found: (count) => `共 ${count} 个用户`,
    foundAbout: (count) => `约 ${count} 个用户`,
    table: '用户列表',
    none: '没有符合条件的用户',
    noneYet: '还没有用户',
    noneYetHowTo: '有人在小程序中登录后，会显示在这里。',
    paging: '翻页',
    firstPage: '第一页',
    previousPage: '上一页',
    nextPage: '下一页',
    userId: '用户 ID',
    mergePending: '待人工合并',
  },
  en: {
    title: 'Users',
    search: 'Search users',
    searchPlaceholder: 'User id, openid, unionid, phone, external id or nickname',
    searchButton: 'Search',
    filters: 'Filters',
    status: 'Status',
    anyStatus: 'Any status',
    app: 'Mini-program',
    anyApp: 'Any mini-program',
    phone: 'Phone',
    anyPhone: 'With or without a phone',
    withPhone: 'With a phone',
    withoutPhone: 'Without a phone',
    from: 'Created from',
    to: 'to',
    sort: 'Order',
    sorts: { '-createdAt': 'Newest first', createdAt: 'Oldest first', '-lastLoginAt': 'Last login first' },
    reset: 'Clear',
    columns: 'Columns',
    user: 'User',
    columnNames: {
      status: 'Status',
      phone: 'Phone',
      apps: 'Mini-programs',
      roles: 'Roles',
      createdAt: 'Created',
      lastLoginAt: 'Last login',
      id: 'User id',
      externalId: 'External id',
    },
    statuses: { active: 'Active', disabled: 'Disabled', deleting: 'Deleting', merged: 'Merged' },
    noNickname: 'No nickname',
    found: (count) => (count === '1' ? '1 user' : `${count} users`),
    foundAbout: (count) => `About ${count} users`,
    table: 'Users',
    none: 'No user matches',
    noneYet: 'There are no users yet',
    noneYetHowTo: 'They appear here once somebody has logged in to the mini-program.',
    paging: 'Pages of results',
    firstPage: 'First page',
    previousPage: 'Previous page',
    nextPage: 'Next page',
    userId: 'user id',
    mergePending: 'Merge pending',
  },
});
