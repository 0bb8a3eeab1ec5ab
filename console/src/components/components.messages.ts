import { defineMessages } from '../i18n/messages.js';

interface ComponentTexts {
  problems: Record<string, string>;
  unexpected: string;
  requestId: string;
  retry: string;
  reload: string;
  broken: string;
  brokenHowTo: string;
  copy: string;
  copied: string;
  none: string;
  loading: string;
  cancel: string;
  nothingDone: string;
}

/** Texts of the shared components. `problems` has the codes that an admin can meet; the service has a sentence for the others. */
export const componentMessages = defineMessages<ComponentTexts>({
  zh: {
    problems: {
      network: '无法连接服务。请检查网络后重试。',
      unexpected: '收到了无法识别的响应。请稍后重试；若仍然如此，请检查代理服务器。',
      invalid_request: '请求内容有误，请检查输入。',
      forbidden: '没有权限执行此操作，或此操作会使系统没有管理员。',
      not_found: '没有找到。可能已被删除，或 ID 有误。',
      fresh_login_required: '此操作需要近期登录，您取消了扫码，因此没有执行任何更改。',
      merge_refused: '这两个用户不能合并。',
      search_too_broad: '搜索范围太大，请增加筛选条件或输入更完整的内容。',
      rate_limited: '请求过于频繁，请稍后再试。',
      database_unavailable: '数据库暂时不可用，请稍后重试。',
      overloaded: '服务繁忙，请稍后重试。',
      temporarily_unavailable: '服务暂时不可用，请稍后重试。',
      wechat_unavailable: '微信暂时不可用，请稍后重试。',
      wechat_misconfigured: '微信小程序配置有误，详情见服务日志。',
      internal_error: '服务内部出错，详情见服务日志。',
      session_revoked: '登录已失效，请重新扫码。',
      invalid_grant: '登录已失效，请重新扫码。',
      invalid_client: '服务没有启用控制台的扫码登录。',
    },
    unexpected: '操作失败',
    requestId: '请求 ID',
    retry: '重试',
    reload: '重新加载',
    broken: '页面出错了',
    brokenHowTo: '服务可能刚刚升级，请重新加载页面。',
    copy: '复制',
    copied: '已复制',
    none: '没有数据',
    loading: '加载中…',
    cancel: '取消',
    nothingDone: '操作未执行',
  },
  en: {
    problems: {
      network: 'The service cannot be reached. Check the network, then try again.',
      unexpected:
        'The answer did not come from the service. Try again. If that does not help, check the proxy.',
      invalid_request: 'Something in the request is wrong. Check what you have entered.',
      forbidden: 'You may not do this, or nobody would be an admin afterwards.',
      not_found: 'Not found. It may be erased, or the id is wrong.',
      fresh_login_required:
        'This needs a recent login, and you have cancelled the scan. Nothing was changed.',
      merge_refused: 'These two users cannot be merged.',
      search_too_broad: 'The search is too broad. Add a filter, or enter more of the text.',
      rate_limited: 'Too many requests. Wait a moment, then try again.',
      database_unavailable: 'The database is unavailable. Try again in a moment.',
      overloaded: 'The service is busy. Try again in a moment.',
      temporarily_unavailable: 'The service is unavailable. Try again in a moment.',
      wechat_unavailable: 'WeChat is unavailable. Try again in a moment.',
      wechat_misconfigured: 'The mini-program is configured wrongly. The log of the service has the details.',
      internal_error: 'The service has failed. Its log has the details.',
      session_revoked: 'Your session has ended. Scan again.',
      invalid_grant: 'Your session has ended. Scan again.',
      invalid_client: 'Scan login for the console is not switched on.',
    },
    unexpected: 'This failed',
    requestId: 'Request id',
    retry: 'Try again',
    reload: 'Reload',
    broken: 'This page has failed',
    brokenHowTo: 'The service may just have been updated. Reload the page.',
    copy: 'Copy',
    copied: 'Copied',
    none: 'There is nothing here',
    loading: 'Loading…',
    cancel: 'Cancel',
    nothingDone: 'This was not done',
  },
});
