import { parseArgs } from 'node:util';
import { readAppsFile } from './apps-file.js';
import { createEmulator, type Emulator, type EmulatorOptions } from './emulator.js';

const usage = `Usage: wechat-emulator [--port 3001] [--host 127.0.0.1] [--allow-host NAME]... [--config apps.json]

WeChat's mini-program server, and a phone to go with it, offline.

  --port        where to listen; 0: any free port (default 3001)
  --host        the interface to listen on (default 127.0.0.1)
  --allow-host  a name or address by which another machine calls it; may be given several times
  --config      a JSON array of apps, [{"appid", "secret", "openPlatform"}], in place of the three default ones
  --help        this text
`;

/** The command `wechat-emulator`. */
export async function runCommand(args: string[]): Promise<void> {
  try {
    const options = parseOptions(args);
    if (!options) {
      process.stdout.write(usage);
      return;
    }
    endOnSignal();
    process.stdout.write(greeting(await createEmulator(options)));
  } catch (error) {
    process.stderr.write(`wechat-emulator: ${explain(error)}\n`);
    process.exitCode = 1;
  }
}

/** Undefined if the user asked for help. */
function parseOptions(args: string[]): EmulatorOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '3001' },
      host: { type: 'string', default: '127.0.0.1' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      config: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    port: parsePort(values.port),
    host: values.host,
    allowedHosts: values['allow-host'],
    ...(values.config !== undefined && { apps: readAppsFile(values.config) }),
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, not ${JSON.stringify(text)}`);
  }
  return port;
}

/** Nothing is on disk, so it can stop at once. */
function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
}

function greeting({ url, wechat }: Emulator): string {
  const apps = wechat.apps.all().map((app) => wechat.apps.describe(app));
  const lines = apps.map(({ appid, secret, openPlatform }) => {
    const account =
      openPlatform === undefined ? 'no Open Platform account' : `Open Platform account ${openPlatform}`;
    return `  ${appid}  secret ${secret}  ${account}\n`;
  });
  const body = JSON.stringify({ appid: apps[0]?.appid, user: 'anna' });
  return `WeChat emulator listening on ${url}, control calls under ${url}/__emulator__
Apps:
${lines.join('')}A login code, as wx.login gives it:
  curl -sS --noproxy '*' -H 'content-type: application/json' -d '${body}' ${url}/__emulator__/wx/login
`;
}

/** One line. Only the first sentence of `parseArgs` is useful here. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isAboutOptions = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  const [line] = error.message.split(isAboutOptions ? /\. |\.?\n/ : '\n', 1);
  return isAboutOptions ? `${line} (see --help)` : `${line}`;
}
