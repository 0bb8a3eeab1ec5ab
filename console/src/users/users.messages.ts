import { defineMessages } from '../i18n/messages.js';

interface UsersTexts {
  title: string;
}

export const usersMessages = defineMessages<UsersTexts>({ zh: { title: '用户' }, en: { title: 'Users' } });
