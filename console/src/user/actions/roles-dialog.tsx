import { Alert, Select } from 'antd';
import { useState } from 'react';
import { answer, api } from '../../api/client.js';
import { ActionDialog } from '../../components/action-dialog.js';
import { Field } from '../../components/field.js';
import { useOutcome } from '../../components/use-outcome.js';
import { useMessages } from '../../i18n/messages.js';
import { session } from '../../sign-in/session.js';
import { useMe } from '../../sign-in/use-session.js';
import { keepUser } from '../use-user.js';
import type { ActionProps } from './action-props.js';
import { actionMessages } from './actions.messages.js';

const adminRole = 'admin';
const maxRoles = 16;
const roleName = /^[a-z][a-z0-9_-]{0,31}$/;

export function RolesDialog({ user, name, onClose }: ActionProps) {
  const texts = useMessages(actionMessages);
  const me = useMe();
  const showOutcome = useOutcome();
  const [roles, setRoles] = useState(user.roles);
  const isValid = roles.length <= maxRoles && roles.every((role) => roleName.test(role));
  const removesOwnAdmin = user.id === me.id && !roles.includes(adminRole);

  async function change(): Promise<void> {
    const changed = await answer(
      api.PATCH('/admin/users/{id}', { params: { path: { id: user.id } }, body: { roles } }),
    );
    keepUser(changed);
    showOutcome(texts.rolesChanged(changed.roles.join(', ') || texts.noRoles));
    if (user.id === me.id) await session.reload();
  }

  return (
    <ActionDialog
      title={texts.rolesTitle(name)}
      explanation={texts.rolesExplanation}
      confirmText={texts.save}
      isIncomplete={!isValid}
      onConfirm={change}
      onClose={onClose}
    >
      <Field label={texts.rolesLabel} hint={texts.rolesHint}>
        {(ids) => (
          <Select
            {...ids}
            mode="tags"
            value={roles}
            // A list would add what it proposes when the field is left.
            open={false}
            suffixIcon={null}
            tokenSeparators={[',', ' ', '，']}
            status={isValid ? '' : 'error'}
            onChange={setRoles}
          />
        )}
      </Field>
      {!isValid && <Alert type="error" role="alert" title={texts.rolesInvalid} />}
      {removesOwnAdmin && <Alert type="warning" showIcon title={texts.removesOwnAdmin} />}
    </ActionDialog>
  );
}
