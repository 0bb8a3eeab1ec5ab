import { Button, Typography } from 'antd';
import { useState } from 'react';
import { ProblemError } from '../api/problem.error.js';
import { ProblemAlert } from '../components/problem-alert.js';
import { useMessages } from '../i18n/messages.js';
import { Frame } from '../layout/frame.js';
import { session, type Me } from './session.js';
import { signInMessages } from './sign-in.messages.js';

/** What a signed-in user without the role `admin` sees. */
export function NoAdminPage({ me }: { me: Me }) {
  const texts = useMessages(signInMessages);
  const [isChecking, setChecking] = useState(false);
  const [problem, setProblem] = useState<ProblemError>();
  async function check(): Promise<void> {
    setChecking(true);
    setProblem(undefined);
    try {
      await session.reload();
    } catch (error) {
      if (error instanceof ProblemError) setProblem(error);
      else throw error;
    } finally {
      setChecking(false);
    }
  }
  return (
    <Frame>
      <section className="card" aria-labelledby="no-admin-title">
        <Typography.Title id="no-admin-title" level={1}>
          {texts.noAdmin}
        </Typography.Title>
        <p>{texts.noAdminHowTo(me.nickname ?? me.id)}</p>
        <Typography.Paragraph className="command" code copyable>
          {`npm run admin:grant -- --user ${me.id}`}
        </Typography.Paragraph>
        {problem && <ProblemAlert problem={problem} />}
        <Button type="primary" loading={isChecking} onClick={() => void check()}>
          {texts.checkAgain}
        </Button>
        <Button onClick={() => void session.signOut()}>{texts.signOut}</Button>
      </section>
    </Frame>
  );
}
