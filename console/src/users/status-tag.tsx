import { ToneTag, type Tone } from '../components/tone-tag.js';
import { useMessages } from '../i18n/messages.js';
import type { UserStatus } from './user-search.js';
import { usersMessages } from './users.messages.js';

const tones: Record<UserStatus, Tone> = {
  active: 'success',
  disabled: 'error',
  deleting: 'warning',
  merged: 'neutral',
};

export function StatusTag({ status }: { status: UserStatus }) {
  return <ToneTag tone={tones[status]}>{useMessages(usersMessages).statuses[status]}</ToneTag>;
}
