import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useEffect, useState } from 'react';
import { useMessages } from '../i18n/messages.js';
import { componentMessages } from './components.messages.js';

interface CopyableProps {
  text: string;
  /** What it is, for screen readers. */
  label: string;
  /** Shown in its place. */
  children?: React.ReactNode;
}

const shownMs = 2_000;

/** An id, and a button that copies it. */
export function Copyable({ text, label, children }: CopyableProps) {
  const texts = useMessages(componentMessages);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    const timer = isCopied ? setTimeout(() => setCopied(false), shownMs) : undefined;
    return () => clearTimeout(timer);
  }, [isCopied]);
  const title = isCopied ? texts.copied : `${texts.copy} ${label}`;
  return (
    <span className="copyable">
      {children ?? <code>{text}</code>}
      <Tooltip title={title}>
        <Button
          type="text"
          size="small"
          aria-label={title}
          icon={isCopied ? <CheckOutlined /> : <CopyOutlined />}
          onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
        />
      </Tooltip>
    </span>
  );
}
