import { Link } from 'wouter';
import { useMessages } from '../i18n/messages.js';
import { useMe } from '../sign-in/use-session.js';
import { auditMessages } from './audit.messages.js';

const shownCharacters = 8;

/** A user of whom only the id is known. The end of an id tells users apart: its beginning is a time. */
export function UserLink({ id }: { id: string }) {
  const texts = useMessages(auditMessages);
  const me = useMe();
  return (
    <Link href={`/users/${id}`} title={id} className="user-link">
      {id === me.id ? texts.you : texts.id(id.slice(-shownCharacters))}
    </Link>
  );
}
