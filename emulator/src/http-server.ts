import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerControl, controlFailure, controlPrefix } from './control/control.js';
import type { HttpAnswer } from './http-answer.js';
import { refuseWebPages } from './own-machine.js';
import { answerUpstream } from './wechat-api/upstream.js';
import type { WechatState } from './state/wechat-state.js';

const bodyBytesTaken = 1024 * 1024;

/** Longer than clients keep idle connections open. Otherwise, a client might use a connection that is being closed. */
const keepAliveMilliseconds = 120_000;

/** @param allowedHosts additional names and addresses in the `Host` header, beside those of this machine */
export function createHttpServer(wechat: WechatState, allowedHosts: readonly string[] = []): Server {
  return createServer({ keepAliveTimeout: keepAliveMilliseconds }, (request, response) => {
    handle(wechat, allowedHosts, request, response).catch((error: unknown) => {
      if (!response.destroyed && !response.headersSent) {
        send(wechat, response, controlFailure({ status: 500, message: String(error) }));
      }
    });
  });
}

async function handle(
  wechat: WechatState,
  allowedHosts: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const callerLeft = new AbortController();
  response.once('close', () => callerLeft.abort());

  const body = await readBody(request);
  const refusal = refuseWebPages(request.headers, { hosts: allowedHosts });
  if (refusal !== undefined) {
    const message = `This emulator answers its own machine only: ${refusal} Start it with --allow-host NAME to let others call it by that name.`;
    send(wechat, response, controlFailure({ status: 403, message }));
    return;
  }
  if (body === undefined) {
    send(
      wechat,
      response,
      controlFailure({ status: 413, message: `a body of more than ${bodyBytesTaken} bytes` }),
    );
    return;
  }
  const { path, query } = splitTarget(request.url ?? '/');
  const method = request.method ?? 'GET';
  if (path === controlPrefix || path.startsWith(`${controlPrefix}/`)) {
    send(
      wechat,
      response,
      await answerControl(wechat, {
        method,
        path: path.slice(controlPrefix.length),
        query,
        contentType: request.headers['content-type'],
        body,
      }),
    );
    return;
  }
  const callerAddress = request.socket.remoteAddress ?? '';
  const answer = await answerUpstream(
    wechat,
    { method, path, query, body, callerAddress },
    callerLeft.signal,
  );
  if (answer) {
    send(wechat, response, answer);
  } else {
    request.socket.resetAndDestroy();
  }
}

function send(
  { clock }: WechatState,
  response: ServerResponse,
  { status, contentType, body }: HttpAnswer,
): void {
  response.writeHead(status, {
    // Clients may compare their clock with WeChat's, so the emulator sends its own time.
    date: new Date(clock.now()).toUTCString(),
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Undefined if the body is too long. It is still read to its end, because the client would not wait for the answer otherwise. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyBytesTaken) chunks.push(chunk);
  }
  return bytes <= bodyBytesTaken ? Buffer.concat(chunks).toString('utf8') : undefined;
}

/** Parsed by hand: a request target may be anything, and `new URL` refuses some. */
function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const questionMark = target.indexOf('?');
  const [path, query] =
    questionMark < 0 ? [target, ''] : [target.slice(0, questionMark), target.slice(questionMark + 1)];
  return { path, query: new URLSearchParams(query) };
}
