import { defineMessages } from '../i18n/messages.js';

interface LayoutTexts {
  product: string;
  skip: string;
  pages: string;
  language: string;
  theme: string;
  themes: Record<'system' | 'light' | 'dark', string>;
  signedInAs: (name: string) => string;
  signOut: string;
  loading: string;
  notFound: string;
  notFoundHowTo: string;
  toStart: string;
}

export const layoutMessages = defineMessages<LayoutTexts>({
  zh: {
    product: 'weapp-auth 控制台',
    skip: '跳到正文',
    pages: '页面',
    language: '语言',
    theme: '主题',
    themes: { system: '跟随系统', light: '浅色', dark: '深色' },
    signedInAs: (name) => `已登录：${name}`,
    signOut: '退出登录',
    loading: '加载中…',
    notFound: '没有这个页面',
    notFoundHowTo: '请检查网址。',
    toStart: '返回首页',
  },
  en: {
    product: 'weapp-auth console',
    skip: 'Skip to content',
    pages: 'Pages',
    language: 'Language',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    signedInAs: (name) => `Signed in as ${name}`,
    signOut: 'Sign out',
    loading: 'Loading…',
    notFound: 'There is no such page',
    notFoundHowTo: 'Check the address.',
    toStart: 'To the first page',
  },
});
