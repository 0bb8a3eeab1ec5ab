import { defineMessages } from '../i18n/messages.js';

interface HealthTexts {
  title: string;
  ready: string;
  notReady: string;
  /** Only one node answers. */
  oneNode: string;
  unknown: string;
  refreshes: string;
  refresh: string;
  asOf: string;
  node: string;
  hostname: string;
  version: string;
  nodeVersion: string;
  startedAt: string;
  uptime: string;
  parts: string;
  part: string;
  state: string;
  fault: string;
  partNames: Record<string, string>;
  works: string;
  down: string;
  missingMigrations: string;
  missingMigrationsHowTo: string;
  database: string;
  poolBusy: string;
  poolIdle: string;
  poolMax: string;
  poolWaiting: string;
  remembered: string;
  lastAsked: string;
  ago: (duration: string) => string;
  wechat: string;
  wechatHowTo: string;
  noWechat: string;
  app: string;
  api: string;
  breakerOpen: string;
  breakerClosed: string;
  token: (app: string) => string;
  tokenFrom: (duration: string) => string;
  noToken: string;
  jobs: string;
  jobsHowTo: string;
  noJobs: string;
  job: string;
  jobNames: Record<string, string>;
  lastSuccess: string;
  lastFailure: string;
  duration: string;
  failures: string;
  never: string;
  milliseconds: (text: string) => string;
  seconds: (text: string) => string;
  minutes: (text: string) => string;
  hours: (text: string) => string;
  days: (text: string) => string;
}

export const healthMessages = defineMessages<HealthTexts>({
  zh: {
    title: '健康状况',
    ready: '就绪',
    notReady: '未就绪',
    oneNode: '这是响应本次请求的节点。其他节点的状态可能不同。',
    unknown: '无法读取状态，下方是上一次的结果',
    refreshes: '每 10 秒自动刷新',
    refresh: '刷新',
    asOf: '读取于',
    node: '节点',
    hostname: '主机名',
    version: 'weapp-auth 版本',
    nodeVersion: 'Node.js 版本',
    startedAt: '启动时间',
    uptime: '已运行',
    parts: '运行条件',
    part: '条件',
    state: '状态',
    fault: '原因',
    partNames: {
      database: '数据库',
      migrations: '数据库迁移',
      signingKey: '签名密钥',
      revocations: '吊销记录',
    },
    works: '正常',
    down: '异常',
    missingMigrations: '数据库缺少以下迁移',
    missingMigrationsHowTo: '请执行 npm run migrate。',
    database: '数据库',
    poolBusy: '使用中的连接',
    poolIdle: '空闲连接',
    poolMax: '连接上限',
    poolWaiting: '等待连接的请求',
    remembered: '记住的吊销记录',
    lastAsked: '上次读取吊销记录',
    ago: (duration) => `${duration}前`,
    wechat: '微信',
    wechatHowTo: '连续 10 次调用失败后，节点暂停调用该接口，5 秒后重试。',
    noWechat: '该节点启动后还没有调用过微信',
    app: '小程序',
    api: '接口',
    breakerOpen: '已暂停调用',
    breakerClosed: '正常',
    token: (app) => `${app} 的 access_token`,
    tokenFrom: (duration) => `获取于 ${duration}前`,
    noToken: '没有可用的 token',
    jobs: '后台任务',
    jobsHowTo: '只列出该节点的执行记录，其他节点可能刚执行过。失败原因见日志。',
    noJobs: '该节点还没有执行过后台任务',
    job: '任务',
    jobNames: {
      audit: '清理审计日志',
      'disabled users': '解除到期的封禁',
      erasure: '清除已注销的用户',
      'login codes': '清理登录 code',
      'message pushes': '处理微信消息推送',
      'nickname checks': '检测昵称',
      'phone codes': '清理手机号 code',
      revocations: '清理吊销记录',
      scans: '清理扫码登录',
      'session limit': '限制会话数',
      sessions: '清理会话',
      'signing keys': '清理签名密钥',
      'webhook messages': '清理 Webhook 消息',
    },
    lastSuccess: '上次成功',
    lastFailure: '上次失败',
    duration: '耗时',
    failures: '失败次数',
    never: '从未',
    milliseconds: (text) => `${text} 毫秒`,
    seconds: (text) => `${text} 秒`,
    minutes: (text) => `${text} 分钟`,
    hours: (text) => `${text} 小时`,
    days: (text) => `${text} 天`,
  },
  en: {
    title: 'Health',
    ready: 'Ready',
    notReady: 'Not ready',
    oneNode: 'This is the node that has answered. Others can be in another state.',
    unknown: 'The state could not be read. Below is the last one',
    refreshes: 'Refresh every 10 s',
    refresh: 'Refresh',
    asOf: 'Read',
    node: 'Node',
    hostname: 'Machine',
    version: 'Version of weapp-auth',
    nodeVersion: 'Version of Node.js',
    startedAt: 'Started',
    uptime: 'Up for',
    parts: 'What the node needs',
    part: 'Part',
    state: 'State',
    fault: 'Why',
    partNames: {
      database: 'Database',
      migrations: 'Migrations',
      signingKey: 'Signing key',
      revocations: 'Revocations',
    },
    works: 'Works',
    down: 'Down',
    missingMigrations: 'The database lacks these migrations',
    missingMigrationsHowTo: 'Run npm run migrate.',
    database: 'Database',
    poolBusy: 'Busy connections',
    poolIdle: 'Idle connections',
    poolMax: 'Maximum connections',
    poolWaiting: 'Requests that wait for a connection',
    remembered: 'Revocations remembered',
    lastAsked: 'Revocations last read',
    ago: (duration) => `${duration} ago`,
    wechat: 'WeChat',
    wechatHowTo:
      'After 10 failed calls in a row, the node stops calling an interface. It tries again after 5 s.',
    noWechat: 'The node has not called WeChat since it started',
    app: 'Mini-program',
    api: 'Interface',
    breakerOpen: 'Calls stopped',
    breakerClosed: 'Works',
    token: (app) => `access_token of ${app}`,
    tokenFrom: (duration) => `received ${duration} ago`,
    noToken: 'no token that works',
    jobs: 'Background jobs',
    jobsHowTo: 'Only runs on this node. Another may have run a job since. The log says why one has failed.',
    noJobs: 'The node has not run a job yet',
    job: 'Job',
    jobNames: {},
    lastSuccess: 'Last success',
    lastFailure: 'Last failure',
    duration: 'Took',
    failures: 'Failures',
    never: 'never',
    milliseconds: (text) => `${text} ms`,
    seconds: (text) => `${text} s`,
    minutes: (text) => `${text} min`,
    hours: (text) => `${text} h`,
    days: (text) => `${text} d`,
  },
});
