/** What went wrong and what to do, by the code of the service or of the client. */
const texts = {
  network: '网络好像断开了，请检查网络后再试',
  wx_login_failed: '微信登录没有成功，请稍后再试',
  phone_unavailable: '微信暂时无法提供手机号，请稍后再试',
  rate_limited: '操作有点频繁，请稍等一分钟再试',
  content_rejected: '内容没有通过微信的安全检查，请换一个试试',
  payload_too_large: '图片太大了，请选一张 2 MB 以内的',
  unsupported_media_type: '请选择 JPEG、PNG 或 WebP 格式的图片',
  invalid_request: '填写的内容不符合要求，请修改后再试',
  code_used: '登录没有成功，请再试一次',
  code_invalid: '登录没有成功，请再试一次',
  session_key_stale: '微信的登录状态有变化，请再试一次',
  open_data_invalid: '微信给的数据打不开，请再试一次',
  login_again: '微信需要重新确认登录，请再试一次',
  fresh_login_required: '为了账号安全，需要重新确认登录，请再试一次',
  wechat_unavailable: '微信暂时没有响应，请稍后再试',
  database_unavailable: '服务正在恢复，请稍后再试',
  overloaded: '现在使用的人有点多，请稍后再试',
  unknown_app: '服务端还没有配置这个小程序的 AppID',
  wechat_misconfigured: '服务端的微信配置有误，请联系管理员',
  signed_out: '登录已结束，请重新登录',
};

/** @returns {string} the text for an error */
function explain({ code }) {
  return texts[code] || `出了点问题，请稍后再试（${code || '未知错误'}）`;
}

module.exports = { explain };
