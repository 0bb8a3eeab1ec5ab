import { Button } from 'antd';
import { useMessages } from '../i18n/messages.js';
import { session } from '../sign-in/session.js';
import { useMe } from '../sign-in/use-session.js';
import { layoutMessages } from './layout.messages.js';

/** Who is signed in, and the way out. */
export function Account() {
  const texts = useMessages(layoutMessages);
  const me = useMe();
  const name = me.nickname ?? me.id.slice(-8);
  return (
    <>
      <span className="account" title={texts.signedInAs(name)}>
        {name}
      </span>
      <Button onClick={() => void session.signOut()}>{texts.signOut}</Button>
    </>
  );
}
