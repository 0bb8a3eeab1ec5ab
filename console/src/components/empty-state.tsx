import { Empty } from 'antd';
import type { ReactNode } from 'react';
import { useMessages } from '../i18n/messages.js';
import { componentMessages } from './components.messages.js';

/** In the place of what does not exist. */
export function EmptyState({ text, children }: { text?: string; children?: ReactNode }) {
  const texts = useMessages(componentMessages);
  return (
    <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text ?? texts.none}>
      {children}
    </Empty>
  );
}
