import { Alert } from 'antd';
import { answer, api } from '../../api/client.js';
import { ActionDialog } from '../../components/action-dialog.js';
import { useOutcome } from '../../components/use-outcome.js';
import { useMessages } from '../../i18n/messages.js';
import { useMe } from '../../sign-in/use-session.js';
import { keepUser, readUser } from '../use-user.js';
import type { ActionProps } from './action-props.js';
import { actionMessages } from './actions.messages.js';

export function EndSessionsDialog({ user, name, onClose }: ActionProps) {
  const texts = useMessages(actionMessages);
  const me = useMe();
  const showOutcome = useOutcome();

  async function endSessions(): Promise<void> {
    await answer(api.DELETE('/admin/users/{id}/sessions', { params: { path: { id: user.id } } }));
    const changed = await readUser(user.id);
    keepUser(changed);
    showOutcome(texts.sessionsEnded(changed.sessions.length));
  }

  return (
    <ActionDialog
      title={texts.endSessionsTitle(name)}
      explanation={texts.endSessionsExplanation(user.sessions.length)}
      confirmText={texts.endSessions}
      isDangerous
      onConfirm={endSessions}
      onClose={onClose}
    >
      {user.id === me.id && <Alert type="warning" showIcon title={texts.endsOwn} />}
    </ActionDialog>
  );
}
