import { defineMessages } from '../i18n/messages.js';

interface UserTexts {
  loading: string;
  back: string;
  actions: string;
  profile: string;
  identities: string;
  noIdentities: string;
  sessions: string;
  noSessions: string;
  audit: string;
  noAudit: string;
  allAudit: string;
  userId: string;
  openid: string;
  unionid: string;
  app: string;
  linkedAt: string;
  client: string;
  address: string;
  device: string;
  signedInAt: string;
  lastSeenAt: string;
  expiresAt: string;
  nickname: string;
  disabledReason: string;
  disabledUntil: string;
  noEnd: string;
  noReason: string;
  eraseAt: string;
  erasedAt: string;
  erasedBanner: string;
  deletingBanner: string;
  pendingBanner: string;
  openOther: string;
  mergedFrom: (id: string) => string;
  none: string;
}

export const userMessages = defineMessages<UserTexts>({
  zh: {
    loading: '用户',
    back: '返回用户列表',
    actions: '操作',
    profile: '资料',
    identities: '小程序身份',
    noIdentities: '没有小程序身份',
    sessions: '有效会话',
    noSessions: '没有有效会话',
    audit: '最近的审计记录',
    noAudit: '没有审计记录',
    allAudit: '全部记录',
    userId: '用户 ID',
    openid: 'openid',
    unionid: 'unionid',
    app: '小程序',
    linkedAt: '绑定时间',
    client: '登录来源',
    address: 'IP 地址',
    device: '设备',
    signedInAt: '登录时间',
    lastSeenAt: '最近活动',
    expiresAt: '到期时间',
    nickname: '昵称',
    disabledReason: '封禁原因',
    disabledUntil: '封禁至',
    noEnd: '无期限',
    noReason: '未填写',
    eraseAt: '将清除于',
    erasedAt: '已清除于',
    erasedBanner: '该用户的数据已清除，只保留封禁（如有）。',
    deletingBanner: '该用户已申请注销，到期后数据会被清除。用户在此之前登录可以取消。',
    pendingBanner: '另一个用户与此用户的 unionid 相同，但没有自动合并，需要人工判断。',
    openOther: '查看另一个用户',
    mergedFrom: (id) => `用户 ${id} 已合并到此用户。`,
    none: '无',
  },
  en: {
    loading: 'User',
    back: 'Back to users',
    actions: 'Actions',
    profile: 'Profile',
    identities: 'Identities in mini-programs',
    noIdentities: 'No identity',
    sessions: 'Active sessions',
    noSessions: 'No active session',
    audit: 'Latest audit entries',
    noAudit: 'No audit entry',
    allAudit: 'All entries',
    userId: 'user id',
    openid: 'openid',
    unionid: 'unionid',
    app: 'Mini-program',
    linkedAt: 'Linked',
    client: 'Signed in to',
    address: 'Address',
    device: 'Device',
    signedInAt: 'Signed in',
    lastSeenAt: 'Last seen',
    expiresAt: 'Expires',
    nickname: 'Nickname',
    disabledReason: 'Reason',
    disabledUntil: 'Disabled until',
    noEnd: 'no end',
    noReason: 'none given',
    eraseAt: 'To be erased',
    erasedAt: 'Erased',
    erasedBanner: 'The data of this user is erased. Only a ban is kept, if there was one.',
    deletingBanner:
      'This user has requested deletion. The data is erased at that time, unless the user logs in before and cancels it.',
    pendingBanner:
      'Another user has the same unionid. They were not merged automatically: an admin has to decide.',
    openOther: 'Open the other user',
    mergedFrom: (id) => `User ${id} was merged into this one.`,
    none: 'none',
  },
});
