import { answer, api } from '../../api/client.js';
import { ActionDialog } from '../../components/action-dialog.js';
import { useOutcome } from '../../components/use-outcome.js';
import { useMessages } from '../../i18n/messages.js';
import { keepUser } from '../use-user.js';
import type { ActionProps } from './action-props.js';
import { actionMessages } from './actions.messages.js';

export function EnableDialog({ user, name, onClose }: ActionProps) {
  const texts = useMessages(actionMessages);
  const showOutcome = useOutcome();

  async function enable(): Promise<void> {
    keepUser(
      await answer(
        api.PATCH('/admin/users/{id}', { params: { path: { id: user.id } }, body: { status: 'active' } }),
      ),
    );
    showOutcome(texts.enabled);
  }

  return (
    <ActionDialog
      title={texts.enableTitle(name)}
      explanation={texts.enableExplanation}
      confirmText={texts.enable}
      onConfirm={enable}
      onClose={onClose}
    />
  );
}
