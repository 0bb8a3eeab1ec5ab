import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Server } from 'node:net';
import { join } from 'node:path';

/** What to start, and the line in which it says where it listens. */
interface Program {
  main: string;
  listening: RegExp;
}

const service: Program = {
  main: join(import.meta.dirname, '../../dist/main.js'),
  listening: /Server listening at ((?:http:\/)?\/[^"\s]+)/,
};

/** The members of answers that are tokens: of logins, and of OAuth. */
const tokenNames = ['accessToken', 'refreshToken', 'access_token', 'refresh_token', 'device_code'];

/** An answer of the service. */
export interface Answer<Body = any> {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body as JSON; undefined where it is none. */
  body: Body;
}

export interface Call {
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is a string. */
  body?: unknown;
  /** Loopback address to call from. */
  from?: string;
}

/** The service, as `npm run start:prod` starts it: a process of its own, spoken to over HTTP. */
export class ServiceNode {
  /** All that the process wrote. */
  output = '';
  /** All that it answered. */
  readonly answers: string[] = [];
  /** Tokens that it handed out. */
  readonly tokens = new Set<string>();
  /** Where it listens: a URL, or the path of a Unix socket. */
  url = '';

  private constructor(
    private readonly process: ChildProcess,
    private readonly program: Program,
  ) {
    const collect = (chunk: Buffer) => (this.output += chunk.toString());
    process.stdout!.on('data', collect);
    process.stderr!.on('data', collect);
  }

  /** Resolves once the node listens. */
  static async start(environment: Record<string, string>, program = service): Promise<ServiceNode> {
    const node = ServiceNode.launch(environment, program);
    await node.listening();
    return node;
  }

  /** Starts the process without waiting for it. */
  static launch(environment: Record<string, string>, program = service): ServiceNode {
    return new ServiceNode(
      // A directory without a .env file of the developer's.
      spawn(process.execPath, [program.main], { env: environment, cwd: import.meta.dirname, stdio: 'pipe' }),
      program,
    );
  }

  /** Starts the process as systemd does: file descriptor 3 is a socket, or a file if there is none. */
  static launchWithSocket(environment: Record<string, string>, socket?: Server): ServiceNode {
    const node = new ServiceNode(
      spawn('/bin/sh', ['-c', 'LISTEN_PID=$$ exec "$0" "$1"', process.execPath, service.main], {
        env: { LISTEN_FDS: '1', ...environment },
        cwd: import.meta.dirname,
        stdio: ['pipe', 'pipe', 'pipe', fdOf(socket) ?? 'ignore'],
      }),
      service,
    );
    // Only the child is to accept connections.
    socket?.close();
    return node;
  }

  /** Has systemd's own tool listen on a Unix socket, and start the process at the first connection. */
  static launchBySystemd(environment: Record<string, string>, path: string): ServiceNode {
    const variables = Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`);
    return new ServiceNode(
      spawn('systemd-socket-activate', [`--listen=${path}`, ...variables, process.execPath, service.main], {
        cwd: import.meta.dirname,
        stdio: 'pipe',
      }),
      service,
    );
  }

  /** Resolves when the process says where it listens; fails where it ends instead. */
  listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        this.url = this.program.listening.exec(this.output)?.[1] ?? '';
        if (this.url !== '') resolve();
      };
      this.process.stdout!.on('data', look);
      this.process.once('exit', () => reject(new Error(`The service ended at once:\n${this.output}`)));
      look();
    });
  }

  /** The exit code, once the process has ended. */
  async exit(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return this.exit();
  }

  get(path: string, call: Call = {}): Promise<Answer> {
    return this.call('GET', path, call);
  }

  post(path: string, body: unknown, call: Call = {}): Promise<Answer> {
    return this.call('POST', path, { ...call, body });
  }

  patch(path: string, body: unknown, call: Call = {}): Promise<Answer> {
    return this.call('PATCH', path, { ...call, body });
  }

  login(body: object, call: Call = {}): Promise<Answer> {
    return this.post('/auth/login', body, call);
  }

  refresh(refreshToken: unknown): Promise<Answer> {
    return this.post('/auth/refresh', { refreshToken });
  }

  me(accessToken: string): Promise<Answer> {
    return this.as(accessToken, 'GET', '/me');
  }

  /** A call with an access token. */
  as(accessToken: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return this.call(method, path, { body, headers: { authorization: `Bearer ${accessToken}` } });
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  async call(method: string, path: string, { headers = {}, body, from }: Call): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const overSocket = this.url.startsWith('/');
    const sent = request(new URL(path, overSocket ? 'http://localhost' : this.url), {
      method,
      ...(overSocket ? { socketPath: this.url } : { localAddress: from }),
      headers: {
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
        ...headers,
      },
    });
    sent.end(text);
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const answer = Buffer.concat(chunks).toString();
    this.answers.push(answer);
    const parsed = parse(answer) as Record<string, unknown> | undefined;
    for (const name of tokenNames) {
      const token = parsed?.[name];
      if (typeof token === 'string') this.tokens.add(token);
    }
    return { status: response.statusCode, headers: response.headers, text: answer, body: parsed };
  }
}

/** Node does not say it of a server in public. */
function fdOf(server: Server | undefined): number | undefined {
  if (server === undefined) return undefined;
  return (Reflect.get(server, '_handle') as { fd: number }).fd;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
