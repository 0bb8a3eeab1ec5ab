import { Input } from 'antd';
import { useState } from 'react';
import { answer, api } from '../../api/client.js';
import { ActionDialog } from '../../components/action-dialog.js';
import { Field } from '../../components/field.js';
import { useOutcome } from '../../components/use-outcome.js';
import { useFormats } from '../../i18n/formats.js';
import { useMessages } from '../../i18n/messages.js';
import { keepUser, readUser } from '../use-user.js';
import type { ActionProps } from './action-props.js';
import { actionMessages } from './actions.messages.js';

export function EraseDialog({ user, name, onClose }: ActionProps) {
  const texts = useMessages(actionMessages);
  const formats = useFormats();
  const showOutcome = useOutcome();
  const [typed, setTyped] = useState('');

  async function erase(): Promise<void> {
    await answer(api.DELETE('/admin/users/{id}', { params: { path: { id: user.id } } }));
    const erased = await readUser(user.id);
    keepUser(erased);
    showOutcome(texts.erased(erased.erasedAt === null ? '–' : formats.dateTime(erased.erasedAt)));
  }

  return (
    <ActionDialog
      title={texts.eraseTitle(name)}
      explanation={texts.eraseExplanation}
      confirmText={texts.erase}
      isDangerous
      isIncomplete={typed.trim().toLowerCase() !== user.id}
      onConfirm={erase}
      onClose={onClose}
    >
      <Field label={texts.eraseLabel} hint={texts.eraseHint(user.id)}>
        {(ids) => (
          <Input
            {...ids}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
    </ActionDialog>
  );
}
