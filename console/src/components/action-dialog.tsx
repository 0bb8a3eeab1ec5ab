import { Modal } from 'antd';
import { useState, type ReactNode } from 'react';
import { useMessages } from '../i18n/messages.js';
import { componentMessages } from './components.messages.js';
import { ProblemAlert } from './problem-alert.js';

interface ActionDialogProps {
  title: string;
  /** What will happen, and what cannot be undone. */
  explanation: ReactNode;
  /** What the button says that does it. */
  confirmText: string;
  isDangerous?: boolean;
  /** Whether something is missing that the action needs. */
  isIncomplete?: boolean;
  /** Asks the service. The dialog stays open until it has answered, and shows what it refuses. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
  width?: number;
  children?: ReactNode;
}

/** Asks once before something is changed. */
export function ActionDialog({
  title,
  explanation,
  confirmText,
  isDangerous = false,
  isIncomplete = false,
  onConfirm,
  onClose,
  width,
  children,
}: ActionDialogProps) {
  const texts = useMessages(componentMessages);
  // Closed before it is taken away: so the focus goes back to what has opened it.
  const [isOpen, setOpen] = useState(true);
  const [isWaiting, setWaiting] = useState(false);
  const [problem, setProblem] = useState<Error>();

  async function confirm(): Promise<void> {
    if (isIncomplete || isWaiting) return;
    setWaiting(true);
    setProblem(undefined);
    try {
      await onConfirm();
      setOpen(false);
    } catch (error) {
      setProblem(error as Error);
      setWaiting(false);
    }
  }

  return (
    <Modal
      open={isOpen}
      afterClose={onClose}
      title={title}
      width={width}
      okText={confirmText}
      cancelText={texts.cancel}
      okButtonProps={{ danger: isDangerous, disabled: isIncomplete, loading: isWaiting, htmlType: 'submit' }}
      cancelButtonProps={{ disabled: isWaiting }}
      closable={!isWaiting}
      keyboard={!isWaiting}
      mask={{ closable: false }}
      onOk={() => void confirm()}
      onCancel={() => setOpen(false)}
      // So that Enter in a field does the same as the button.
      modalRender={(content) => (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          {content}
        </form>
      )}
    >
      <div className="action-dialog">
        <div>{explanation}</div>
        {children}
        {problem && <ProblemAlert problem={problem} title={texts.nothingDone} />}
      </div>
    </Modal>
  );
}
