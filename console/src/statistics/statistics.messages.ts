import { defineMessages } from '../i18n/messages.js';

interface StatisticsTexts {
  title: string;
  filters: string;
  days: string;
  lastDays: (days: number) => string;
  app: string;
  anyApp: string;
  utc: string;
  totals: string;
  succeeded: string;
  failed: string;
  successRate: string;
  newUsers: string;
  byOutcome: string;
  byApp: string;
  newUsersByDay: string;
  byCode: string;
  noFailures: string;
  others: string;
  none: string;
  noneHowTo: string;
  asTable: string;
  day: string;
  total: string;
  today: string;
  failure: string;
  count: string;
  chart: (name: string, facts: string) => string;
  seriesFacts: (name: string, total: string, max: string, day: string) => string;
  codes: Record<string, string>;
}

/** `codes` has the failures that a login can have. A code that it does not have is shown as it is. */
export const statisticsMessages = defineMessages<StatisticsTexts>({
  zh: {
    title: '统计',
    filters: '筛选',
    days: '时间范围',
    lastDays: (days) => `最近 ${days} 天`,
    app: '小程序',
    anyApp: '全部小程序',
    utc: '按 UTC 日期统计，约有 10 秒延迟；最后一天尚未结束。',
    totals: '合计',
    succeeded: '登录成功',
    failed: '登录失败',
    successRate: '成功率',
    newUsers: '新用户',
    byOutcome: '每日登录',
    byApp: '各小程序每日登录（含失败）',
    newUsersByDay: '每日新用户',
    byCode: '失败原因',
    noFailures: '没有失败的登录',
    others: '其他',
    none: '这段时间没有登录',
    noneHowTo: '小程序调用 POST /auth/login 后，约 10 秒内会出现在这里。',
    asTable: '查看数据表',
    day: '日期 (UTC)',
    total: '合计',
    today: '今天，尚未结束',
    failure: '原因',
    count: '次数',
    chart: (name, facts) => `折线图：${name}。${facts}数据见下方表格。`,
    seriesFacts: (name, total, max, day) => `${name}共 ${total}，最多的一天是 ${day}，${max}。`,
    codes: {
      account_deleting: '用户正在注销',
      account_disabled: '用户已被封禁',
      code_invalid: '登录 code 无效',
      code_used: '登录 code 已使用过',
      database_unavailable: '数据库不可用',
      internal_error: '服务内部错误',
      invalid_request: '请求有误',
      overloaded: '服务过载',
      rate_limited: '请求过于频繁',
      user_blocked_by_wechat: '用户被微信拦截',
      wechat_misconfigured: '小程序配置有误',
      wechat_unavailable: '微信不可用',
    },
  },
  en: {
    title: 'Statistics',
    filters: 'Filters',
    days: 'Time',
    lastDays: (days) => `Last ${days} days`,
    app: 'Mini-program',
    anyApp: 'All mini-programs',
    utc: 'Days are in UTC. Numbers are about ten seconds old, and the last day is not over.',
    totals: 'Totals',
    succeeded: 'Succeeded',
    failed: 'Failed',
    successRate: 'Success rate',
    newUsers: 'New users',
    byOutcome: 'Logins per day',
    byApp: 'Logins per day by mini-program, with failed ones',
    newUsersByDay: 'New users per day',
    byCode: 'Why logins failed',
    noFailures: 'No login has failed',
    others: 'Others',
    none: 'There was no login in this time',
    noneHowTo: 'A login with POST /auth/login shows up here within about ten seconds.',
    asTable: 'Show the numbers as a table',
    day: 'Day (UTC)',
    total: 'Total',
    today: 'today, not over yet',
    failure: 'Reason',
    count: 'Logins',
    chart: (name, facts) => `Line chart: ${name}. ${facts}The table below has the numbers.`,
    seriesFacts: (name, total, max, day) => `${name}: ${total} in total, at most ${max} on ${day}. `,
    codes: {
      account_deleting: 'The user has requested deletion',
      account_disabled: 'The user is disabled',
      code_invalid: 'The login code is invalid',
      code_used: 'The login code was used before',
      database_unavailable: 'The database was unavailable',
      internal_error: 'The service has failed',
      invalid_request: 'The request was malformed',
      overloaded: 'The service was overloaded',
      rate_limited: 'Too many requests',
      user_blocked_by_wechat: 'WeChat has blocked the user',
      wechat_misconfigured: 'The mini-program is configured wrongly',
      wechat_unavailable: 'WeChat was unavailable',
    },
  },
});
