import { Typography } from 'antd';
import { useId, type ReactNode } from 'react';

interface PanelProps {
  title: string;
  extra?: ReactNode;
  children: ReactNode;
}

/** A part of a page with a heading of its own. */
export function Panel({ title, extra, children }: PanelProps) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-heading">
        <Typography.Title level={2} id={id}>
          {title}
        </Typography.Title>
        {extra}
      </div>
      {children}
    </section>
  );
}
