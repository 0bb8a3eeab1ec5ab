import { Typography } from 'antd';
import { useEffect, useRef, type ReactNode } from 'react';
import { useMessages } from '../i18n/messages.js';
import { layoutMessages } from '../layout/layout.messages.js';

interface PageProps {
  title: string;
  /** Beside the heading. */
  extra?: ReactNode;
  children: ReactNode;
}

/** A page with its heading, which gets the focus: so a screen reader says where one is. */
export function Page({ title, extra, children }: PageProps) {
  const { product } = useMessages(layoutMessages);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title, product]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="page">
      <div className="page-heading">
        <Typography.Title level={1} ref={heading} tabIndex={-1}>
          {title}
        </Typography.Title>
        {extra}
      </div>
      {children}
    </div>
  );
}
