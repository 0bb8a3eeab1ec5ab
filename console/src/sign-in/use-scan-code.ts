import { useCallback, useEffect, useState } from 'react';
import { ProblemError } from '../api/problem.error.js';
import { redeemCode, startCode, watchCode, type CodeEvent, type ShownCode, type Tokens } from './oauth.js';

/** What the page that shows a code knows of it. */
export type ScanCodeState =
  | { name: 'loading' }
  | { name: 'failed'; problem: ProblemError }
  | {
      name: CodeEvent['name'];
      code: ShownCode;
      scannedBy?: { nickname: string | null; avatarUrl: string | null };
    };

const reconnectMs = 1_000;

/**
 * Gets a code and watches it until the user has decided.
 *
 * @param onTokens called once the user has approved it. It must stay the same function
 * @returns the state, and a function that shows a new code
 */
export function useScanCode(onTokens: (tokens: Tokens) => Promise<void>): [ScanCodeState, () => void] {
  const [state, setState] = useState<ScanCodeState>({ name: 'loading' });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const show = (next: ScanCodeState) => {
      if (!signal.aborted) setState(next);
    };
    show({ name: 'loading' });
    followCode(show, signal)
      .then(async (tokens) => {
        if (tokens && !signal.aborted) await onTokens(tokens);
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const problem =
          error instanceof ProblemError ? error : new ProblemError('unexpected', 0, String(error));
        show({ name: 'failed', problem });
      });
    return () => abort.abort();
  }, [turn, onTokens]);
  const renew = useCallback(() => setTurn((before) => before + 1), []);
  return [state, renew];
}

/** @returns the tokens, or undefined if the code was denied or has expired */
async function followCode(
  show: (state: ScanCodeState) => void,
  signal: AbortSignal,
): Promise<Tokens | undefined> {
  const code = await startCode(signal);
  const expiresAt = Date.now() + code.expires_in * 1_000;
  show({ name: 'pending', code });
  while (Date.now() < expiresAt && !signal.aborted) {
    try {
      for await (const event of watchCode(code.device_code, signal)) {
        const { name } = event;
        show(name === 'scanned' ? { name, code, scannedBy: event } : { name, code });
        if (name === 'approved') return await redeemCode(code.device_code);
        if (name === 'denied' || name === 'expired') return undefined;
      }
    } catch (error) {
      // The node was stopped, or a proxy has closed the connection: another node may answer.
      if (signal.aborted || !(error instanceof ProblemError) || !error.isTemporary) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, reconnectMs));
  }
  show({ name: 'expired', code });
  return undefined;
}
