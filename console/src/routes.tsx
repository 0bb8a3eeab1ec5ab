import { lazy, type ComponentType } from 'react';
import { defineMessages, type Messages } from './i18n/messages.js';

interface ConsoleRoute {
  /** As wouter knows them: `/users/:id`. */
  path: string;
  /** In the navigation. */
  name?: Messages<string>;
  /** A chunk of its own, which is loaded when it is opened. */
  page: ComponentType<{ params: never }>;
}

/** The pages. The first is where one starts. */
export const routes: readonly ConsoleRoute[] = [
  {
    path: '/users',
    name: defineMessages({ zh: '用户', en: 'Users' }),
    page: lazy(() => import('./users/users.page.js')),
  },
  { path: '/users/:id', page: lazy(() => import('./user/user.page.js')) },
  {
    path: '/audit',
    name: defineMessages({ zh: '审计日志', en: 'Audit log' }),
    page: lazy(() => import('./audit/audit.page.js')),
  },
  {
    path: '/statistics',
    name: defineMessages({ zh: '统计', en: 'Statistics' }),
    page: lazy(() => import('./statistics/statistics.page.js')),
  },
  {
    path: '/apps',
    name: defineMessages({ zh: '应用', en: 'Apps' }),
    page: lazy(() => import('./apps/apps.page.js')),
  },
  {
    path: '/health',
    name: defineMessages({ zh: '健康状况', en: 'Health' }),
    page: lazy(() => import('./health/health.page.js')),
  },
];
