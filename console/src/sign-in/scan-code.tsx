import { Avatar, Button, Spin } from 'antd';
import { useState } from 'react';
import { imageUrl } from '../api/service.js';
import { ProblemAlert } from '../components/problem-alert.js';
import { useMessages } from '../i18n/messages.js';
import type { Tokens } from './oauth.js';
import { signInMessages } from './sign-in.messages.js';
import { useScanCode, type ScanCodeState } from './use-scan-code.js';
import './scan-code.css';

/** Shows a mini-program code until a user has approved it, and what happens to it. */
export function ScanCode({ onTokens }: { onTokens: (tokens: Tokens) => Promise<void> }) {
  const texts = useMessages(signInMessages);
  const [state, renew] = useScanCode(onTokens);
  const isOver = state.name === 'denied' || state.name === 'expired' || state.name === 'failed';
  return (
    <div className="scan-code">
      <div className="scan-code-picture" data-state={state.name}>
        {'code' in state ? <Picture state={state} /> : state.name === 'loading' && <Spin />}
        {isOver && (
          <div className="scan-code-over">
            <Button type="primary" onClick={renew}>
              {texts.newCode}
            </Button>
          </div>
        )}
      </div>
      <p role="status" className="scan-code-state">
        {state.name === 'scanned'
          ? texts.scannedBy(state.scannedBy?.nickname ?? null)
          : texts.states[state.name]}
      </p>
      {state.name === 'failed' && <ProblemAlert problem={state.problem} />}
      {'code' in state && !isOver && (
        <p className="scan-code-user-code">
          {texts.userCode} <strong>{state.code.user_code}</strong>
          <small>{texts.compare}</small>
        </p>
      )}
    </div>
  );
}

function Picture({ state }: { state: Extract<ScanCodeState, { code: unknown }> }) {
  const texts = useMessages(signInMessages);
  const [failedUri, setFailedUri] = useState<string>();
  const { code, scannedBy } = state;
  if (failedUri === code.qr_code_uri) return <p className="scan-code-missing">{texts.noImage}</p>;
  return (
    <>
      <img
        src={imageUrl(code.qr_code_uri)}
        alt={texts.codeAlt}
        width={240}
        height={240}
        onError={() => setFailedUri(code.qr_code_uri)}
      />
      {scannedBy && (
        <div className="scan-code-scanned">
          <Avatar
            size={72}
            src={scannedBy.avatarUrl === null ? undefined : imageUrl(scannedBy.avatarUrl)}
            alt=""
          >
            {scannedBy.nickname?.at(0)}
          </Avatar>
        </div>
      )}
    </>
  );
}
