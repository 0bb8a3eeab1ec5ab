import type { Schemas } from '../api/client.js';
import { defineMessages } from '../i18n/messages.js';

type AuditEvent = Schemas['AuditEventResponse'];

interface AuditActionTexts {
  actions: Record<AuditEvent['action'], string>;
  actors: Record<AuditEvent['actor'], string>;
}

/** What happened, as the audit log names it. */
export const auditActionMessages = defineMessages<AuditActionTexts>({
  zh: {
    actions: {
      'session.login_repeated': '重复登录',
      'session.opened_by_operator': '用命令打印 access token',
      'session.logout': '退出登录',
      'session.refresh_token_reused': 'refresh token 被重复使用',
      'session.ended_over_limit': '会话过多，结束最早的会话',
      'scan.started': '网页发起扫码登录',
      'scan.looked_at': '扫码查看登录请求',
      'scan.approved': '确认扫码登录',
      'scan.denied': '拒绝扫码登录',
      'user.logout_all': '退出全部设备',
      'user.kicked': '结束全部会话',
      'user.disabled': '封禁',
      'user.enabled': '解除封禁',
      'user.roles_changed': '更改角色',
      'user.merged': '合并',
      'user.merge_pending': '待人工合并',
      'user.unionid_conflict': 'unionid 冲突',
      'user.identity_linked': '绑定小程序',
      'user.identity_unlinked': '解绑小程序',
      'user.nickname_rejected': '昵称未通过检测',
      'user.authorization_revoked': '在微信中撤回授权',
      'user.authorization_cancelled': '在微信中注销授权',
      'user.deletion_requested': '申请注销',
      'user.restored': '取消注销',
      'user.erased': '清除数据',
      'user.viewed': '查看用户',
      'user.exported': '导出数据',
      'users.searched': '搜索用户',
      'users.imported': '导入用户',
      'keys.rotated': '更换签名密钥',
      'webhook.undelivered': 'Webhook 未送达',
    },
    actors: { person: '用户', command: '命令行', service: '系统' },
  },
  en: {
    actions: {
      'session.login_repeated': 'Login repeated',
      'session.opened_by_operator': 'Access token printed by command',
      'session.logout': 'Signed out',
      'session.refresh_token_reused': 'Refresh token reused',
      'session.ended_over_limit': 'Oldest session ended over the limit',
      'scan.started': 'Scan login started',
      'scan.looked_at': 'Scan login looked at',
      'scan.approved': 'Scan login approved',
      'scan.denied': 'Scan login denied',
      'user.logout_all': 'Signed out everywhere',
      'user.kicked': 'Sessions ended',
      'user.disabled': 'Disabled',
      'user.enabled': 'Enabled',
      'user.roles_changed': 'Roles changed',
      'user.merged': 'Merged',
      'user.merge_pending': 'Merge left to an admin',
      'user.unionid_conflict': 'Conflicting unionids',
      'user.identity_linked': 'Mini-program linked',
      'user.identity_unlinked': 'Mini-program unlinked',
      'user.nickname_rejected': 'Nickname rejected',
      'user.authorization_revoked': 'Authorization revoked in WeChat',
      'user.authorization_cancelled': 'Authorization cancelled in WeChat',
      'user.deletion_requested': 'Deletion requested',
      'user.restored': 'Deletion cancelled',
      'user.erased': 'Erased',
      'user.viewed': 'Viewed',
      'user.exported': 'Exported',
      'users.searched': 'Users searched',
      'users.imported': 'Users imported',
      'keys.rotated': 'Signing key rotated',
      'webhook.undelivered': 'Webhook not delivered',
    },
    actors: { person: 'User', command: 'Command', service: 'Service' },
  },
});
