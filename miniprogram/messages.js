const { localTime } = require('./time.js');

const whyOut = {
  signed_out: ['已退出登录', '需要时，点下面的按钮就能回来。'],
  kicked: ['已被下线', '管理员结束了你的登录。如果是误会，可以重新登录。'],
  disabled: ['账号已停用', '如有疑问，请联系客服。'],
  deleted: ['账号正在注销', '登录后可以选择恢复账号。'],
  blocked: ['暂时无法登录', '微信暂不允许这个账号登录，请稍后再试。'],
};

const whyFailed = {
  network: '连不上服务器，请检查网络后重试。',
  wx_login_failed: '微信登录没有成功，请稍后重试。',
  rate_limited: '操作太频繁了，请过一会儿再试。',
  overloaded: '服务器正忙，请稍后重试。',
  wechat_unavailable: '微信服务器正忙，请稍后重试。',
  database_unavailable: '服务器正在恢复，请稍后重试。',
  content_rejected: '这个昵称没有通过微信的内容检测，请换一个。',
  invalid_request: '内容不符合要求，请修改后再试。',
  payload_too_large: '图片太大了，请换一张小于 2 MB 的。',
  unsupported_media_type: '这种图片不支持，请换一张 JPG、PNG 或 WebP。',
  phone_unavailable: '没有拿到手机号，请稍后再试。',
};

/** 为什么没有登录，对用户怎么说。 */
function explainOut(reason, problem) {
  const [title, text] = whyOut[reason] || whyOut.signed_out;
  const given = problem && problem.reason;
  if (reason !== 'disabled' || !problem) return { title, text };
  const until = problem.until ? `将于 ${localTime(problem.until)} 恢复。` : text;
  return { title, text: given ? `原因：${given}。${until}` : until };
}

/** 一次失败，对用户怎么说：发生了什么，接下来做什么。 */
function explainFailure(code) {
  return whyFailed[code] || '出了点问题，请稍后重试。';
}

module.exports = { explainOut, explainFailure };
