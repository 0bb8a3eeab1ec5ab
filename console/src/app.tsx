import { QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { lazy, Suspense, useEffect } from 'react';
import { Link, Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { queries } from './api/queries.js';
import { EmptyState } from './components/empty-state.js';
import { LoadingState } from './components/loading-state.js';
import { PageBoundary } from './components/page-boundary.js';
import { Page } from './components/page.js';
import { language } from './i18n/language.js';
import { useMessages } from './i18n/messages.js';
import { Account } from './layout/account.js';
import { Frame } from './layout/frame.js';
import { layoutMessages } from './layout/layout.messages.js';
import { Navigation } from './layout/navigation.js';
import { routes } from './routes.js';
import { NoAdminPage } from './sign-in/no-admin.page.js';
import { SignInPage } from './sign-in/sign-in.page.js';
import { useSession } from './sign-in/use-session.js';
import { themeConfig, useIsDark } from './theme/theme.js';

const ConfirmDialog = lazy(() => import('./sign-in/confirm-dialog.js'));

/** Where the console is, without the slash at its end. */
const base = new URL(document.baseURI).pathname.replace(/\/$/, '');

const adminRole = 'admin';

/** Where lists and bubbles are put: within the landmark, or the dialog, of what opens them, for screen readers. */
function findPopupContainer(opener?: HTMLElement): HTMLElement {
  return opener?.closest<HTMLElement>('[role="dialog"], main') ?? document.body;
}

export function App() {
  const isDark = useIsDark();
  const locale = language.use() === 'zh' ? zhCN : enUS;
  useEffect(() => {
    document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
  }, [isDark]);
  return (
    <ConfigProvider
      locale={locale}
      theme={themeConfig(isDark)}
      button={{ autoInsertSpace: false }}
      getPopupContainer={findPopupContainer}
    >
      <AntApp component={false}>
        <QueryClientProvider client={queries}>
          <Router base={base}>
            <Content />
          </Router>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

function Content() {
  const state = useSession();
  const userId = state.name === 'signed-in' ? state.me.id : undefined;
  // What one admin has read is not for the next one at this browser.
  useEffect(() => () => queries.clear(), [userId]);
  if (state.name !== 'signed-in') return <SignInPage state={state} />;
  if (!state.me.roles.includes(adminRole)) return <NoAdminPage me={state.me} />;
  return (
    <Frame navigation={<Navigation />} account={<Account />}>
      <Pages />
      {state.isConfirming && (
        <Suspense>
          <ConfirmDialog />
        </Suspense>
      )}
    </Frame>
  );
}

function Pages() {
  const [location] = useLocation();
  return (
    <PageBoundary key={location}>
      <Suspense fallback={<LoadingState />}>
        <Switch>
          <Route path="/">
            <Redirect to={routes[0]!.path} replace />
          </Route>
          {routes.map(({ path, page }) => (
            <Route key={path} path={path} component={page} />
          ))}
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  );
}

function NotFoundPage() {
  const texts = useMessages(layoutMessages);
  return (
    <Page title={texts.notFound}>
      <EmptyState text={texts.notFoundHowTo}>
        <Link href={routes[0]!.path}>{texts.toStart}</Link>
      </EmptyState>
    </Page>
  );
}
