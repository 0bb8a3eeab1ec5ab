import { Alert, Button, Spin, Typography } from 'antd';
import { ProblemAlert } from '../components/problem-alert.js';
import { useMessages } from '../i18n/messages.js';
import { Frame } from '../layout/frame.js';
import type { Tokens } from './oauth.js';
import { ScanCode } from './scan-code.js';
import { session, type SessionState } from './session.js';
import { signInMessages } from './sign-in.messages.js';

const signIn = (tokens: Tokens) => session.signIn(tokens);

/** What whoever is not signed in sees, whatever page they have opened. */
export function SignInPage({ state }: { state: Exclude<SessionState, { name: 'signed-in' }> }) {
  const texts = useMessages(signInMessages);
  return (
    <Frame>
      {state.name === 'restoring' && (
        <div role="status" className="centred">
          <Spin /> {texts.restoring}
        </div>
      )}
      {state.name === 'unreachable' && (
        <div className="card">
          <ProblemAlert problem={state.problem} title={texts.unreachable} />
          <Button type="primary" onClick={() => void session.restore()}>
            {texts.retry}
          </Button>
          <Button onClick={() => void session.signOut()}>{texts.signOut}</Button>
        </div>
      )}
      {state.name === 'signed-out' && (
        <section className="card" aria-labelledby="sign-in-title">
          <Typography.Title id="sign-in-title" level={1}>
            {texts.title}
          </Typography.Title>
          {state.reason !== undefined && (
            <Alert
              type={state.reason === 'signed_out' ? 'success' : 'warning'}
              title={texts.reasons[state.reason]}
              showIcon
            />
          )}
          <p>{texts.howTo}</p>
          <ScanCode onTokens={signIn} />
        </section>
      )}
    </Frame>
  );
}
