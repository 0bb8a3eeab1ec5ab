import { defineMessages } from '../i18n/messages.js';

interface AuditTexts {
  title: string;
  filters: string;
  action: string;
  anyAction: string;
  user: string;
  userPlaceholder: string;
  notAnId: string;
  search: string;
  reset: string;
  table: string;
  columns: Record<'at' | 'action' | 'actor' | 'user' | 'ip' | 'details', string>;
  none: string;
  noneYet: string;
  paging: string;
  newest: string;
  newer: string;
  older: string;
  you: string;
  notSignedIn: string;
  id: (end: string) => string;
  yes: string;
  no: string;
  nothing: string;
  noEnd: string;
  details: Record<string, string>;
}

/** `details` names what the service adds to an entry. A name that it does not have is shown as it is. */
export const auditMessages = defineMessages<AuditTexts>({
  zh: {
    title: '审计日志',
    filters: '筛选',
    action: '事件',
    anyAction: '全部事件',
    user: '对象用户 ID',
    userPlaceholder: '对象用户 ID',
    notAnId: '这不是用户 ID。用户 ID 形如 01928f4e-7c1a-7b3c-9d2e-5f6a7b8c9d0e。',
    search: '查询',
    reset: '清除条件',
    table: '审计记录，最新的在前',
    columns: { at: '时间', action: '事件', actor: '操作者', user: '对象', ip: 'IP 地址', details: '详情' },
    none: '没有符合条件的记录',
    noneYet: '还没有审计记录',
    paging: '分页',
    newest: '最新',
    newer: '上一页',
    older: '下一页',
    you: '您',
    notSignedIn: '未登录',
    id: (end) => `用户 …${end}`,
    yes: '是',
    no: '否',
    nothing: '无',
    noEnd: '无期限',
    details: {
      after: '更改后',
      appid: '小程序',
      activeFrom: '启用时间',
      before: '更改前',
      clientId: '网页客户端',
      compromised: '立即停用旧密钥',
      createdFrom: '注册时间从',
      createdTo: '至',
      fields: '字段',
      filledUsers: '补全的用户',
      found: '找到',
      from: '被合并的用户',
      hasPhone: '有手机号',
      into: '保留的用户',
      kid: '密钥 ID',
      lines: '行数',
      messageId: '消息 ID',
      newIdentities: '新增身份',
      newUsers: '新增用户',
      operator: '执行者',
      qHash: '搜索内容的哈希',
      reason: '原因',
      refused: '被拒绝的行',
      scanId: '扫码 ID',
      status: '状态',
      type: '类型',
      unchanged: '未变',
      until: '截止',
      verdict: '检测结果',
      webhook: 'Webhook',
      with: '另一个用户',
    },
  },
  en: {
    title: 'Audit log',
    filters: 'Filters',
    action: 'What happened',
    anyAction: 'Everything',
    user: 'Id of the affected user',
    userPlaceholder: 'Id of the affected user',
    notAnId: 'This is not a user id. A user id looks like 01928f4e-7c1a-7b3c-9d2e-5f6a7b8c9d0e.',
    search: 'Search',
    reset: 'Clear',
    table: 'Entries, the newest first',
    columns: {
      at: 'Time',
      action: 'What happened',
      actor: 'By whom',
      user: 'To whom',
      ip: 'Address',
      details: 'Details',
    },
    none: 'No entry matches',
    noneYet: 'There is no entry yet',
    paging: 'Pages of entries',
    newest: 'Newest',
    newer: 'Previous page',
    older: 'Next page',
    you: 'You',
    notSignedIn: 'Not signed in',
    id: (end) => `User …${end}`,
    yes: 'yes',
    no: 'no',
    nothing: 'none',
    noEnd: 'no end',
    details: {
      after: 'After',
      appid: 'Mini-program',
      activeFrom: 'In use from',
      before: 'Before',
      clientId: 'Web client',
      compromised: 'Old key refused at once',
      createdFrom: 'Created from',
      createdTo: 'Created before',
      fields: 'Fields',
      filledUsers: 'Users with added facts',
      found: 'Found',
      from: 'Merged user',
      hasPhone: 'Has a phone number',
      into: 'User that stays',
      kid: 'Key id',
      lines: 'Lines',
      messageId: 'Message id',
      newIdentities: 'New identities',
      newUsers: 'New users',
      operator: 'Run by',
      qHash: 'Hash of the text',
      reason: 'Reason',
      refused: 'Refused lines',
      scanId: 'Scan id',
      status: 'Status',
      type: 'Type',
      unchanged: 'Unchanged',
      until: 'Until',
      verdict: 'Verdict',
      webhook: 'Webhook',
      with: 'Other user',
    },
  },
});
