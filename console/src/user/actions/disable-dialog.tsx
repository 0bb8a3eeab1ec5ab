import { Input } from 'antd';
import { useState } from 'react';
import { answer, api } from '../../api/client.js';
import { ActionDialog } from '../../components/action-dialog.js';
import { Field } from '../../components/field.js';
import { useOutcome } from '../../components/use-outcome.js';
import { useFormats } from '../../i18n/formats.js';
import { useMessages } from '../../i18n/messages.js';
import { toLocalInput } from '../local-input.js';
import { keepUser } from '../use-user.js';
import type { ActionProps } from './action-props.js';
import { actionMessages } from './actions.messages.js';

const maxReasonLength = 200;

/** Disables a user, or changes the reason and the end of a ban. */
export function DisableDialog({ user, name, onClose }: ActionProps) {
  const texts = useMessages(actionMessages);
  const formats = useFormats();
  const showOutcome = useOutcome();
  const [reason, setReason] = useState(user.disabledReason ?? '');
  const [until, setUntil] = useState(user.disabledUntil === null ? '' : toLocalInput(user.disabledUntil));

  async function disable(): Promise<void> {
    const changed = await answer(
      api.PATCH('/admin/users/{id}', {
        params: { path: { id: user.id } },
        body: {
          status: 'disabled',
          reason: reason.trim() || null,
          until: until === '' ? null : new Date(until).toISOString(),
        },
      }),
    );
    keepUser(changed);
    const { disabledUntil, sessions } = changed;
    showOutcome(
      texts.disabled(
        user.sessions.length - sessions.length,
        disabledUntil === null ? null : formats.dateTime(disabledUntil),
      ),
    );
  }

  const isDisabled = user.status === 'disabled';
  return (
    <ActionDialog
      title={isDisabled ? texts.changeBan : texts.disableTitle(name)}
      explanation={texts.disableExplanation}
      confirmText={isDisabled ? texts.save : texts.disable}
      isDangerous
      onConfirm={disable}
      onClose={onClose}
    >
      <Field label={texts.reason} hint={texts.reasonHint}>
        {(ids) => (
          <Input
            {...ids}
            maxLength={maxReasonLength}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
      <Field label={texts.until} hint={texts.untilHint}>
        {(ids) => (
          <Input
            {...ids}
            type="datetime-local"
            min={toLocalInput(new Date().toISOString())}
            max="9999-12-31T23:59"
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
        )}
      </Field>
    </ActionDialog>
  );
}
