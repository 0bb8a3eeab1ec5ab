import { defineMessages } from '../i18n/messages.js';
import type { SignOutReason } from './session.js';

interface SignInTexts {
  title: string;
  howTo: string;
  codeAlt: string;
  userCode: string;
  compare: string;
  states: Record<'loading' | 'pending' | 'approved' | 'denied' | 'expired' | 'failed', string>;
  scannedBy: (nickname: string | null) => string;
  noImage: string;
  newCode: string;
  restoring: string;
  unreachable: string;
  reasons: Record<SignOutReason, string>;
  confirmTitle: string;
  confirmHowTo: string;
  otherUser: string;
  cancel: string;
  noAdmin: string;
  noAdminHowTo: (name: string) => string;
  checkAgain: string;
  signOut: string;
  retry: string;
}

export const signInMessages = defineMessages<SignInTexts>({
  zh: {
    title: '登录控制台',
    howTo: '请用微信扫描小程序码，并在手机上确认。',
    codeAlt: '小程序码，请用微信扫一扫',
    userCode: '登录码',
    compare: '手机上显示的登录码应与此一致；不一致请拒绝。',
    states: {
      loading: '正在获取小程序码…',
      pending: '等待扫码',
      approved: '已确认，正在登录…',
      denied: '已在手机上拒绝。',
      expired: '小程序码已过期。',
      failed: '无法获取小程序码。',
    },
    scannedBy: (nickname) => `${nickname ?? '用户'}已扫码，请在手机上确认`,
    noImage: '无法显示小程序码。请在小程序中输入登录码，或换一个码重试。',
    newCode: '换一个码',
    restoring: '正在恢复登录…',
    unreachable: '无法连接服务，登录状态未知。',
    reasons: {
      signed_out: '已退出登录。',
      session_expired: '登录已过期，请重新扫码。',
      kicked: '管理员结束了您的会话，请重新扫码。',
      disabled: '您的账号已被封禁。',
      merged: '您的账号已被合并，请重新扫码。',
      deleted: '您的账号已被注销。',
      reused: '令牌被重复使用，为安全起见已结束会话，请重新扫码。',
    },
    confirmTitle: '请再扫一次码',
    confirmHowTo: '上次登录已超过 15 分钟。执行更改前，请用同一账号再次扫码确认，之后会自动继续。',
    otherUser: '扫码的是另一个账号，请用当前登录的账号扫码。',
    cancel: '取消',
    noAdmin: '您还不是管理员',
    noAdminHowTo: (name) =>
      `您已登录为“${name}”，但该账号没有 admin 角色。请让运维人员在服务器上执行以下命令，然后点击“重新检查”：`,
    checkAgain: '重新检查',
    signOut: '退出登录',
    retry: '重试',
  },
  en: {
    title: 'Sign in to the console',
    howTo: 'Scan the code with WeChat, then confirm on your phone.',
    codeAlt: 'Mini-program code: scan it with WeChat',
    userCode: 'Code',
    compare: 'Your phone must show the same code. If it does not, deny.',
    states: {
      loading: 'Getting a code…',
      pending: 'Waiting for a scan',
      approved: 'Confirmed. Signing in…',
      denied: 'You have denied it on your phone.',
      expired: 'The code has expired.',
      failed: 'There is no code.',
    },
    scannedBy: (nickname) => `${nickname ?? 'A user'} has scanned the code. Confirm on the phone`,
    noImage: 'The picture of the code is missing. Type the code in the mini-program, or try another one.',
    newCode: 'Show a new code',
    restoring: 'Signing in again…',
    unreachable: 'The service cannot be reached, so it is unknown whether you are still signed in.',
    reasons: {
      signed_out: 'You have signed out.',
      session_expired: 'Your session has ended. Scan again.',
      kicked: 'An admin has ended your session. Scan again.',
      disabled: 'Your account is disabled.',
      merged: 'Your account was merged. Scan again.',
      deleted: 'Your account was deleted.',
      reused: 'A token was used twice, so your session was ended for safety. Scan again.',
    },
    confirmTitle: 'Scan once more',
    confirmHowTo:
      'Your last login is more than 15 minutes ago. Scan again with the same account to make this change. It then goes on by itself.',
    otherUser: 'Another account has scanned the code. Scan with the account that is signed in.',
    cancel: 'Cancel',
    noAdmin: 'You are not an admin yet',
    noAdminHowTo: (name) =>
      `You are signed in as “${name}”, and this account does not have the role admin. Ask whoever runs the service to run this command, then check again:`,
    checkAgain: 'Check again',
    signOut: 'Sign out',
    retry: 'Try again',
  },
});
