import { Button } from 'antd';
import { useRef, useState, type ComponentType } from 'react';
import { useMessages } from '../i18n/messages.js';
import type { ActionProps } from './actions/action-props.js';
import { actionMessages } from './actions/actions.messages.js';
import { DisableDialog } from './actions/disable-dialog.js';
import { EnableDialog } from './actions/enable-dialog.js';
import { EndSessionsDialog } from './actions/end-sessions-dialog.js';
import { EraseDialog } from './actions/erase-dialog.js';
import { MergeDialog } from './actions/merge-dialog.js';
import { RolesDialog } from './actions/roles-dialog.js';
import type { UserDetail } from './use-user.js';
import { userMessages } from './user.messages.js';

interface Action {
  text: string;
  dialog: ComponentType<ActionProps>;
  isPossible: boolean;
  isDangerous?: boolean;
}

interface OpenedDialog {
  Dialog: ComponentType<ActionProps>;
  turn: number;
}

/** What can be done with a user. What its status forbids is not offered. */
export function UserActions({ user, name }: { user: UserDetail; name: string }) {
  const texts = useMessages(actionMessages);
  const { actions: label } = useMessages(userMessages);
  const [opened, setOpened] = useState<OpenedDialog>();
  const turns = useRef(0);
  const isDisabled = user.status === 'disabled';
  const isErased = user.erasedAt !== null;
  const isLeaving = user.status === 'deleting' || isErased;
  const actions: Action[] = [
    { text: texts.roles, dialog: RolesDialog, isPossible: !isLeaving },
    { text: texts.endSessions, dialog: EndSessionsDialog, isPossible: user.sessions.length > 0 },
    { text: texts.merge, dialog: MergeDialog, isPossible: !isLeaving },
    { text: texts.enable, dialog: EnableDialog, isPossible: isDisabled },
    {
      text: isDisabled ? texts.changeBan : texts.disable,
      dialog: DisableDialog,
      isPossible: isDisabled || !isErased,
      isDangerous: true,
    },
    { text: texts.erase, dialog: EraseDialog, isPossible: !isErased, isDangerous: true },
  ];
  return (
    <div role="group" aria-label={label} className="user-actions">
      {actions
        .filter(({ isPossible }) => isPossible)
        .map(({ text, dialog, isDangerous = false }) => (
          <Button
            key={text}
            danger={isDangerous}
            onClick={() => setOpened({ Dialog: dialog, turn: (turns.current += 1) })}
          >
            {text}
          </Button>
        ))}
      {opened && (
        <opened.Dialog
          key={opened.turn}
          user={user}
          name={name}
          // It may have been opened again while it was closing.
          onClose={() => setOpened((now) => (now === opened ? undefined : now))}
        />
      )}
    </div>
  );
}
