import { useLayoutEffect, useRef, type ReactNode } from 'react';
import { language, localeOf } from '../i18n/language.js';
import { useMessages } from '../i18n/messages.js';
import { themeChoice } from '../theme/theme.js';
import { ChoiceSelect } from './choice-select.js';
import { layoutMessages } from './layout.messages.js';
import './frame.css';

interface FrameProps {
  /** Links to pages. */
  navigation?: ReactNode;
  /** Who is signed in. */
  account?: ReactNode;
  children: ReactNode;
}

/** What is around every page. */
export function Frame({ navigation, account, children }: FrameProps) {
  const texts = useMessages(layoutMessages);
  const main = useRef<HTMLElement>(null);
  const chosen = language.use();
  // Before the effects of a page, which has a title of its own.
  useLayoutEffect(() => {
    document.documentElement.lang = localeOf[chosen];
    document.title = texts.product;
  }, [chosen, texts]);
  return (
    <div className="frame">
      {/* A link to `#main` would follow <base>. */}
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        {texts.skip}
      </button>
      <header>
        <span className="product">{texts.product}</span>
        {navigation !== undefined && <nav aria-label={texts.pages}>{navigation}</nav>}
        <div className="controls">
          <ChoiceSelect
            label={texts.language}
            preference={language}
            nameOf={(value) => ({ zh: '中文', en: 'English' })[value]}
          />
          <ChoiceSelect
            label={texts.theme}
            preference={themeChoice}
            nameOf={(value) => texts.themes[value]}
          />
          {account}
        </div>
      </header>
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
