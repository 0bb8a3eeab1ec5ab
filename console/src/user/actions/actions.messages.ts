import { defineMessages } from '../../i18n/messages.js';

interface ActionTexts {
  disable: string;
  changeBan: string;
  disableTitle: (name: string) => string;
  disableExplanation: string;
  reason: string;
  reasonHint: string;
  until: string;
  untilHint: string;
  disabled: (ended: number, until: string | null) => string;
  enable: string;
  enableTitle: (name: string) => string;
  enableExplanation: string;
  enabled: string;
  roles: string;
  rolesTitle: (name: string) => string;
  rolesExplanation: string;
  rolesLabel: string;
  rolesHint: string;
  rolesInvalid: string;
  removesOwnAdmin: string;
  rolesChanged: (roles: string) => string;
  noRoles: string;
  save: string;
  endSessions: string;
  endSessionsTitle: (name: string) => string;
  endSessionsExplanation: (count: number) => string;
  endsOwn: string;
  sessionsEnded: (count: number) => string;
  merge: string;
  mergeTitle: (name: string) => string;
  mergeExplanation: string;
  findOther: string;
  findOtherHint: string;
  find: string;
  choose: string;
  noOther: string;
  moreOthers: string;
  thisUser: string;
  otherUser: string;
  whoStays: string;
  stays: string;
  goes: string;
  compare: string;
  mergeOutcome: (goes: string, stays: string) => string;
  chooseAnother: string;
  merged: (goes: string, stays: string) => string;
  erase: string;
  eraseTitle: (name: string) => string;
  eraseExplanation: string;
  eraseLabel: string;
  eraseHint: (id: string) => string;
  erased: (at: string) => string;
}

export const actionMessages = defineMessages<ActionTexts>({
  zh: {
    disable: '封禁',
    changeBan: '修改封禁',
    disableTitle: (name) => `封禁${name}`,
    disableExplanation: '所有会话会立即结束，之后的登录会被拒绝，直到期限届满或解除封禁。',
    reason: '原因（选填）',
    reasonHint: '用户登录被拒绝时会看到，最多 200 字。',
    until: '封禁至（选填）',
    untilHint: '留空则没有期限。按此浏览器的时区计算。',
    disabled: (ended, until) =>
      `已封禁${until === null ? '，没有期限' : `至 ${until}`}。${ended > 0 ? `结束了 ${ended} 个会话。` : '没有需要结束的会话。'}`,
    enable: '解除封禁',
    enableTitle: (name) => `解除对${name}的封禁`,
    enableExplanation: '封禁的原因和期限会被清除，用户可以重新登录。',
    enabled: '已解除封禁。',
    roles: '角色',
    rolesTitle: (name) => `${name}的角色`,
    rolesExplanation: '会话继续有效，旧的 access token 会在一秒内失效，刷新后即带有新角色。',
    rolesLabel: '角色',
    rolesHint: '输入后按回车添加。admin 可以使用本控制台。',
    rolesInvalid: '角色名以小写字母开头，只含小写字母、数字、下划线和连字符，最长 32 个字符，最多 16 个。',
    removesOwnAdmin: '您正在移除自己的 admin 角色，之后将无法使用本控制台。',
    rolesChanged: (roles) => `现在的角色：${roles}`,
    noRoles: '无',
    save: '保存',
    endSessions: '结束全部会话',
    endSessionsTitle: (name) => `结束${name}的全部会话`,
    endSessionsExplanation: (count) => `将结束 ${count} 个有效会话。用户可以立即重新登录。`,
    endsOwn: '这是您自己的账号，您也会退出本控制台。',
    sessionsEnded: (count) => `已结束，当前有效会话 ${count} 个。`,
    merge: '合并',
    mergeTitle: (name) => `合并${name}`,
    mergeExplanation: '如果两个用户是同一个人，可以把其中一个合并到另一个。先找到另一个用户。',
    findOther: '另一个用户',
    findOtherHint: '用户 ID、openid、unionid、手机号、外部编号或昵称',
    find: '查找',
    choose: '选择',
    noOther: '没有找到其他用户',
    moreOthers: '还有更多结果，请输入更完整的内容。',
    thisUser: '当前用户',
    otherUser: '另一个用户',
    whoStays: '保留哪一个？',
    stays: '保留',
    goes: '合并后消失',
    compare: '两个用户的对比',
    mergeOutcome: (goes, stays) =>
      `${goes}的小程序身份会转移到${stays}，${goes}的会话会结束，角色不会转移。${stays}自己的资料不变，只补上缺少的昵称、头像和手机号；如果${goes}已被封禁，${stays}也会被封禁。合并无法撤销。`,
    chooseAnother: '换一个',
    merged: (goes, stays) => `${goes} 已合并到 ${stays}。`,
    erase: '清除数据',
    eraseTitle: (name) => `清除${name}的数据`,
    eraseExplanation:
      '资料、小程序身份、会话和头像会立即清除，没有宽限期，无法恢复。封禁依然有效。同一个人再次登录时会成为新用户。',
    eraseLabel: '请输入用户 ID 以确认',
    eraseHint: (id) => `用户 ID：${id}`,
    erased: (at) => `数据已清除（${at}）。`,
  },
  en: {
    disable: 'Disable',
    changeBan: 'Change the ban',
    disableTitle: (name) => `Disable ${name}`,
    disableExplanation:
      'All sessions end at once. Logins are refused until the ban ends, or until you enable the user.',
    reason: 'Reason (optional)',
    reasonHint: 'The user sees it when trying to log in. At most 200 characters.',
    until: 'Until (optional)',
    untilHint: 'In the time zone of this browser. Without it, the ban has no end.',
    disabled: (ended, until) =>
      `Disabled ${until === null ? 'without an end' : `until ${until}`}. ${ended === 0 ? 'There was no session to end.' : ended === 1 ? 'One session has ended.' : `${ended} sessions have ended.`}`,
    enable: 'Enable',
    enableTitle: (name) => `Enable ${name}`,
    enableExplanation: 'The ban ends, its reason and end are cleared, and the user can log in again.',
    enabled: 'Enabled.',
    roles: 'Roles',
    rolesTitle: (name) => `Roles of ${name}`,
    rolesExplanation:
      'The sessions go on. Older access tokens expire within a second, and a refresh gives one with the new roles.',
    rolesLabel: 'Roles',
    rolesHint: 'Press Enter after each. A user with the role admin can use this console.',
    rolesInvalid: 'A role has 1 to 32 of a–z, 0–9, _ and -, a letter first. A user has at most 16.',
    removesOwnAdmin: 'You are about to remove your own role admin. You cannot use this console afterwards.',
    rolesChanged: (roles) => `The roles are now: ${roles}`,
    noRoles: 'none',
    save: 'Save',
    endSessions: 'End all sessions',
    endSessionsTitle: (name) => `End all sessions of ${name}`,
    endSessionsExplanation: (count) =>
      `${count === 1 ? 'One active session ends' : `${count} active sessions end`}. The user can log in again at once.`,
    endsOwn: 'This is you: you are signed out of this console, too.',
    sessionsEnded: (count) => `Done. Active sessions now: ${count}.`,
    merge: 'Merge',
    mergeTitle: (name) => `Merge ${name}`,
    mergeExplanation:
      'If two users are the same person, one can be merged into the other. First find the other one.',
    findOther: 'The other user',
    findOtherHint: 'User id, openid, unionid, phone, external id or nickname',
    find: 'Find',
    choose: 'Choose',
    noOther: 'No other user was found',
    moreOthers: 'There are more results. Enter more of the text.',
    thisUser: 'This user',
    otherUser: 'The other user',
    whoStays: 'Which one stays?',
    stays: 'stays',
    goes: 'is merged into it',
    compare: 'The two users side by side',
    mergeOutcome: (goes, stays) =>
      `The identities of ${goes} move to ${stays}. The sessions of ${goes} end, and its roles do not move. ${stays} keeps its own data, and gets only the nickname, avatar and phone that it lacks. If ${goes} is disabled, ${stays} will be, too. This cannot be undone.`,
    chooseAnother: 'Choose another one',
    merged: (goes, stays) => `${goes} was merged into ${stays}.`,
    erase: 'Erase',
    eraseTitle: (name) => `Erase ${name}`,
    eraseExplanation:
      'Profile, identities, sessions and avatar are erased at once, without a grace period. This cannot be undone. A ban stays. If the same person logs in again, it is a new user.',
    eraseLabel: 'Type the user id to confirm',
    eraseHint: (id) => `User id: ${id}`,
    erased: (at) => `Erased (${at}).`,
  },
});
