import { defineMessages } from '../i18n/messages.js';

interface AppsTexts {
  title: string;
  apps: string;
  appsHowTo: string;
  noName: string;
  appid: string;
  name: string;
  type: string;
  types: Record<string, string>;
  goTo: string;
  users: string;
  statistics: string;
  clients: string;
  clientsHowTo: string;
  noClients: string;
  id: string;
  origins: string;
  noOrigins: string;
}

export const appsMessages = defineMessages<AppsTexts>({
  zh: {
    title: '应用',
    apps: '小程序',
    appsHowTo: '由 WECHAT_APPS（或 WECHAT_APPID）配置，重启服务后生效。',
    noName: '未命名',
    appid: 'appid',
    name: '名称',
    type: '类型',
    types: { miniprogram: '小程序' },
    goTo: '查看',
    users: '用户',
    statistics: '统计',
    clients: '网页客户端',
    clientsHowTo: '用扫码登录的网页和程序，由 WEB_CLIENTS 配置，重启服务后生效。',
    noClients: '没有网页客户端',
    id: 'client_id',
    origins: '页面来源',
    noOrigins: '无（程序，不是网页）',
  },
  en: {
    title: 'Apps',
    apps: 'Mini-programs',
    appsHowTo: 'Set by WECHAT_APPS or WECHAT_APPID. Restart the service after a change.',
    noName: 'no name',
    appid: 'appid',
    name: 'Name',
    type: 'Type',
    types: { miniprogram: 'Mini-program' },
    goTo: 'Show',
    users: 'Users',
    statistics: 'Statistics',
    clients: 'Web clients',
    clientsHowTo:
      'Web pages and programs that sign users in by scanning. Set by WEB_CLIENTS. Restart the service after a change.',
    noClients: 'There is no web client',
    id: 'client_id',
    origins: 'Origins of its pages',
    noOrigins: 'none: a program, not a page',
  },
});
