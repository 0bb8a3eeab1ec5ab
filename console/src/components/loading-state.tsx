import { Skeleton } from 'antd';
import { useMessages } from '../i18n/messages.js';
import { componentMessages } from './components.messages.js';

/** In the place of what is on its way. */
export function LoadingState() {
  const texts = useMessages(componentMessages);
  return (
    <div role="status" aria-label={texts.loading}>
      <Skeleton active />
    </div>
  );
}
