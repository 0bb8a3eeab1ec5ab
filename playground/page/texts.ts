const texts = {
  title: ['看一次登录', 'Watch a login'],
  lead: [
    '手机里真实运行着演示小程序。它和服务、微信之间的调用，以及发给应用的 webhook，都实时画出。微信由离线模拟器扮演。',
    'The phone runs a real mini-program. Every call between it, this service and WeChat is drawn as it happens, and every webhook message to the application. An offline emulator plays WeChat.',
  ],
  skip: ['跳到时序图', 'Skip to the sequence'],
  otherLanguage: ['English', '中文'],
  startOver: ['重新开始', 'Start over'],
  startingOver: ['正在重新开始…', 'Starting over…'],
  connectionLost: ['与服务的连接断了，正在重连…', 'The service does not answer. Trying again…'],

  phones: ['手机', 'Phone'],
  phone: ['手机', 'Phone'],
  scan: ['扫一扫', 'Scan'],
  console: ['管理控制台', 'Console'],
  relaunch: ['重启小程序', 'Relaunch'],
  secondPhone: ['第二台手机', 'A second phone'],
  secondPhoneWhat: ['同一用户，另一台设备', 'Same user, another device'],
  secondApp: ['第二个小程序', 'A second mini-program'],
  secondAppWhat: ['同一开放平台账号，unionid 相同', 'Same Open Platform account, same unionid'],
  noSecondApp: [
    '需要同一开放平台账号下的另一个小程序',
    'Needs another app of the same Open Platform account',
  ],
  frameOf: ['里的小程序', ', its mini-program'],

  sequence: ['时序', 'Sequence'],
  sequenceEmpty: ['手机一有动静，这里就会画出来。', 'Whatever leaves the phone is drawn here.'],
  clear: ['清空', 'Clear'],
  webPage: ['网页', 'Web page'],
  miniProgram: ['小程序', 'Mini-program'],
  service: ['开发者服务器', 'Server'],
  wechat: ['微信接口服务', 'WeChat'],
  application: ['应用', 'Application'],
  noAnswer: ['没有答复', 'no answer'],
  when: ['时间', 'Time'],
  took: ['耗时', 'Took'],
  sent: ['携带', 'Carried'],
  nothing: ['（空）', '(nothing)'],

  token: ['Access token', 'Access token'],
  tokenWhat: [
    '手机里存的令牌，解码后的内容。谁都能解，只有服务能签。',
    'What the phone keeps, decoded. Anybody can read it; only the service can sign it.',
  ],
  noToken: ['手机里没有令牌：还没登录，或已退出。', 'The phone has none: not logged in yet, or signed out.'],
  expiresIn: ['后过期', 'left'],
  expired: ['已过期', 'Expired'],
  expiredWhat: ['下一个请求会先刷新', 'the next request refreshes it first'],

  database: ['数据库', 'Database'],
  databaseWhat: ['数据库里这个用户的数据。', 'The data of this user in the database.'],
  noUser: ['还没有这一行：第一次登录时写入。', 'No row yet: the first login writes it.'],
  sealed: ['（已加密）', '(sealed)'],
  stored: ['（已保存）', '(stored)'],
  live: ['有效', 'live'],
  ended: ['已结束', 'ended'],

  switches: ['出点状况', 'Make it fail'],
  switchesWhat: ['打开一个，再看它怎么恢复。', 'Turn one on, and watch the recovery.'],
  target: ['作用于', 'On'],
  onPhone: ['手机上', 'On the phone'],
  onService: ['服务上', 'In the service'],
  onWechat: ['微信侧', 'At WeChat'],
  answer_lost: ['答复丢失', 'Answer lost'],
  answer_lostWhat: ['服务收到了，手机没等到答复', 'The service acts, the phone hears nothing'],
  denied: ['拒绝授权', 'Denied'],
  deniedWhat: ['下一次询问，用户点拒绝', 'The user refuses the next request for permission'],
  refused: ['用户点了拒绝', 'The user refused'],
  slow: ['网络慢', 'Slow network'],
  slowWhat: ['每个请求多两秒', 'Two seconds more for each request'],
  offline: ['断网', 'Offline'],
  offlineWhat: ['什么都发不出去', 'Nothing leaves the phone'],
  token_expired: ['令牌过期', 'Token expired'],
  token_expiredWhat: ['下一个请求的令牌失效', 'The next request carries a stale token'],
  kicked: ['踢下线', 'Kicked'],
  kickedWhat: ['管理员结束此用户的所有会话', 'An admin ends all sessions'],
  disabled: ['停用', 'Disabled'],
  enabled: ['恢复使用', 'Enabled again'],
  disabledWhat: ['停用一分钟；再按恢复', 'For a minute; press again to undo'],
  code_used: ['code 已用过', 'Code used'],
  code_usedWhat: ['下一次换取得到 40163', '40163 for the next exchange'],
  wechat_busy: ['系统繁忙', 'Busy'],
  wechat_busyWhat: ['接下来两次换取得到 -1', '-1 for the next two exchanges'],
  wechat_slow: ['响应慢', 'Slow'],
  wechat_slowWhat: ['下一次换取要两秒', 'The next exchange takes two seconds'],
  key_rotated: ['换 session_key', 'Key rotated'],
  key_rotatedWhat: ['像在别处又登录了一次', 'As a login elsewhere does'],
  token_evicted: ['挤掉 access_token', 'Token evicted'],
  token_evictedWhat: ['接口调用凭证失效，得到 40001', 'Ours at WeChat is refused: 40001'],
  changeFailed: ['没有成功：服务没有照办，或连不上。', 'It did not work: the service refused, or is away.'],
} as const satisfies Record<string, readonly [chinese: string, english: string]>;

export type TextKey = keyof typeof texts;
export type Language = 'zh' | 'en';

const storageKey = 'playground.language';

let language: Language = readLanguage();

function readLanguage(): Language {
  const chosen = localStorage.getItem(storageKey) ?? navigator.language;
  return chosen.startsWith('zh') ? 'zh' : 'en';
}

/** A text in the language of the page. */
export function say(key: TextKey): string {
  return texts[key][language === 'zh' ? 0 : 1];
}

/** Gives an element a text. It changes with the language. */
export function write<Kind extends HTMLElement>(target: Kind, key: TextKey): Kind {
  target.dataset['text'] = key;
  target.textContent = say(key);
  return target;
}

/** Writes all texts of the page in its language. */
export function applyLanguage(): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = `weapp-auth · ${say('title')}`;
  for (const target of document.querySelectorAll<HTMLElement>('[data-text]')) {
    target.textContent = say(target.dataset['text'] as TextKey);
  }
}

export function switchLanguage(): void {
  language = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem(storageKey, language);
  applyLanguage();
}
