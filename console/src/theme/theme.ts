import { theme as antd, type ThemeConfig } from 'antd';
import { useSyncExternalStore } from 'react';
import { createPreference } from '../preferences/preference.js';

export type ThemeChoice = 'system' | 'light' | 'dark';

export const themeChoice = createPreference<ThemeChoice>('theme', ['system', 'light', 'dark'], 'system');

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

function useSystemIsDark(): boolean {
  return useSyncExternalStore(
    (listener) => {
      systemIsDark.addEventListener('change', listener);
      return () => systemIsDark.removeEventListener('change', listener);
    },
    () => systemIsDark.matches,
  );
}

/** Whether the console is dark now. */
export function useIsDark(): boolean {
  const choice = themeChoice.use();
  const isSystemDark = useSystemIsDark();
  return choice === 'system' ? isSystemDark : choice === 'dark';
}

/** Texts have a contrast of 4.5 to what is behind them, as WCAG AA asks; Ant Design's own colours do not everywhere. */
const light: ThemeConfig['token'] = {
  colorPrimary: '#067a3f',
  colorPrimaryBg: '#e3f3ea',
  controlItemBgActive: '#e3f3ea',
  colorPrimaryBgHover: '#d2ebdd',
  colorSuccessBg: '#e3f3ea',
  colorSuccessBorder: '#9fd3b5',
  colorWarningBg: '#fff6e0',
  colorWarningBorder: '#e6c98a',
  colorInfoBg: '#e8f1fb',
  colorInfoBorder: '#a9c9ec',
  colorLink: '#067a3f',
  colorError: '#c92a2a',
  colorWarning: '#a15c00',
  colorSuccess: '#067a3f',
  colorInfo: '#1558b0',
  colorTextDescription: 'rgba(0,0,0,0.62)',
  colorTextTertiary: 'rgba(0,0,0,0.62)',
  colorTextPlaceholder: 'rgba(0,0,0,0.58)',
  colorBgLayout: '#f6f7f8',
};

const dark: ThemeConfig['token'] = {
  colorPrimary: '#2fae6b',
  colorPrimaryBg: '#123524',
  controlItemBgActive: '#123524',
  colorLink: '#4cc586',
  colorError: '#f07470',
  colorWarning: '#e0a23a',
  colorSuccess: '#4cc586',
  colorInfo: '#6aa5ef',
  colorTextDescription: 'rgba(255,255,255,0.65)',
  colorTextTertiary: 'rgba(255,255,255,0.65)',
  colorTextPlaceholder: 'rgba(255,255,255,0.6)',
  colorTextLightSolid: '#00150a',
};

/** The class below which Ant Design defines its CSS variables. `<body>` has it, so that our own CSS can use them. */
export const themeClass = 'console';

export function themeConfig(isDark: boolean): ThemeConfig {
  return {
    algorithm: isDark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      borderRadius: 6,
      fontSize: 14,
      motion: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      ...(isDark ? dark : light),
    },
    cssVar: { key: themeClass },
    hashed: false,
  };
}
