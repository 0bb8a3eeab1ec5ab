import { Alert, Button, Modal } from 'antd';
import { useCallback, useState } from 'react';
import { useMessages } from '../i18n/messages.js';
import type { Tokens } from './oauth.js';
import { ScanCode } from './scan-code.js';
import { session } from './session.js';
import { signInMessages } from './sign-in.messages.js';

/** Shows the code again, if a change needs a fresh login. The change goes on afterwards. */
export default function ConfirmDialog() {
  const texts = useMessages(signInMessages);
  const [turn, setTurn] = useState(0);
  const confirm = useCallback(async (tokens: Tokens) => {
    if (!(await session.confirm(tokens))) setTurn((before) => before + 1);
  }, []);
  const [isOpen, setOpen] = useState(true);
  const cancel = () => setOpen(false);
  return (
    <Modal
      open={isOpen}
      afterClose={() => session.cancelConfirmation()}
      // Above the dialog that asks about the change.
      zIndex={1100}
      title={texts.confirmTitle}
      onCancel={cancel}
      footer={<Button onClick={cancel}>{texts.cancel}</Button>}
    >
      <p>{texts.confirmHowTo}</p>
      {turn > 0 && <Alert type="warning" showIcon title={texts.otherUser} />}
      <ScanCode key={turn} onTokens={confirm} />
    </Modal>
  );
}
