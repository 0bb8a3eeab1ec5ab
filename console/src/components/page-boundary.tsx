import { Button } from 'antd';
import { Component, type ReactNode } from 'react';
import { useMessages } from '../i18n/messages.js';
import { componentMessages } from './components.messages.js';
import { EmptyState } from './empty-state.js';

/** Keeps an error of one page, or a chunk that an update has taken away, from emptying the whole console. */
export class PageBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override readonly state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <BrokenPage /> : this.props.children;
  }
}

function BrokenPage() {
  const texts = useMessages(componentMessages);
  return (
    <div role="alert" className="panel">
      <h1>{texts.broken}</h1>
      <EmptyState text={texts.brokenHowTo}>
        <Button type="primary" onClick={() => location.reload()}>
          {texts.reload}
        </Button>
      </EmptyState>
    </div>
  );
}
