import { toAuthError } from './problem.js';
import type { Answer, RequestOptions, Scan, ScanReference } from './types.js';

/** Asks the service who waits under a code. From then on, only this user can decide. */
export async function lookAtScan(
  { scene, userCode }: ScanReference,
  request: (options: RequestOptions) => Promise<Answer>,
): Promise<Scan> {
  const post = async (path: string, data: object) => {
    const answer = await request({ url: `/me/scans/${path}`, method: 'POST', data });
    if (answer.statusCode >= 300) throw toAuthError(answer);
    return answer;
  };
  const reference = scene ? { scene } : { userCode };
  const decide = async (approve: boolean) => {
    await post('decide', Object.assign({ approve }, reference));
  };
  const answer = await post('look', reference);
  const scan = Object(answer.data) as Scan;
  // A proxy may have answered.
  if (!scan.clientName) throw toAuthError(answer);
  return Object.assign({}, scan, { approve: () => decide(true), deny: () => decide(false) });
}
