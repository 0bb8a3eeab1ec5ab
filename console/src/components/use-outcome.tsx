import { App } from 'antd';
import type { ReactNode } from 'react';

/** Shows what the service did, until it is closed or something else is done. */
export function useOutcome(): (title: string, description?: ReactNode) => void {
  const { notification } = App.useApp();
  return (title, description) =>
    notification.success({
      key: 'outcome',
      title,
      description,
      duration: 0,
      placement: 'bottomRight',
      role: 'status',
    });
}
