import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from './environment.js';
import { LocalError } from './local.error.js';
import { type Account, giveTo } from './postgres-account.js';
import type { Binaries } from './postgres-binaries.js';

/** Tried in turn: not every system has C.UTF-8, without which Postgres finds no trigrams in Chinese text. */
const locales = [['--locale=C.UTF-8'], ['--locale=C', '--lc-ctype=en_US.UTF-8'], ['--locale=C']];

/** The major version of Postgres that made a cluster; undefined where there is no whole cluster. */
export function clusterMajor(cluster: string): number | undefined {
  if (!existsSync(join(cluster, 'global', 'pg_control'))) return undefined;
  return Number(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'));
}

/** Makes sure that a home has a cluster that these binaries can open, and that it belongs to the account. */
export async function prepareCluster(options: {
  home: string;
  binaries: Binaries;
  account: Account;
  password: string;
}): Promise<string> {
  const { home, binaries, account } = options;
  const cluster = join(home, 'cluster');
  removeUnfinished(home);
  const major = clusterMajor(cluster);
  if (major === undefined) {
    setAside(cluster);
    await makeCluster(cluster, options);
  } else if (major !== binaries.major) {
    throw new LocalError(
      [
        `The database in ${cluster} was made by Postgres ${major}; here is only ${binaries.major} (${binaries.postgres}), which cannot open it.`,
        `If the data may go, remove that directory and start again. If not, put Postgres ${major} on PATH, or run it elsewhere on a copy and set DATABASE_URL.`,
      ].join('\n'),
    );
  }
  takeOver(cluster, account);
  return cluster;
}

/** The password of the superuser, made up at the first start. */
export function clusterPassword(dataDirectory: string, cluster: string): string {
  const file = join(dataDirectory, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (clusterMajor(cluster) !== undefined) {
    throw new LocalError(
      `${file}, the password of the database in ${cluster}, is gone. Put it back, or remove that directory to start with an empty database.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  // Renamed into place, so that nobody ever finds half of it.
  writeFileSync(`${file}.new`, password, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return password;
}

/** In a directory beside it, so that what bears the name `cluster` is always whole. */
async function makeCluster(
  cluster: string,
  options: { home: string; binaries: Binaries; account: Account; password: string },
): Promise<void> {
  const { home, binaries, account, password } = options;
  // A name of its own: an initdb whose launcher was killed may still write into the last one.
  const draft = `${cluster}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  try {
    giveTo(account, passwordFile);
    const failures: string[] = [];
    for (const locale of locales) {
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft, { mode: 0o700 });
      giveTo(account, draft);
      const failure = await runInitdb(
        binaries.initdb,
        [`--pgdata=${draft}`, `--pwfile=${passwordFile}`, ...locale],
        account,
        home,
      );
      if (failure === undefined) {
        renameSync(draft, cluster);
        return;
      }
      failures.push(failure);
      if (!/locale/i.test(failure)) break;
    }
    throw new LocalError(`initdb (${binaries.initdb}) could not make a database:\n${failures.at(-1)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** @returns what initdb complained about, if it failed */
function runInitdb(
  initdb: string,
  choices: string[],
  account: Account,
  directory: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const constants = [
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=libc',
      '--no-instructions',
    ];
    // Detached: a Ctrl-C is for us, who stop in order.
    const child = spawn(initdb, [...constants, ...choices], {
      ...account,
      cwd: directory,
      env: bareEnvironment(),
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : complaints.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

function removeUnfinished(home: string): void {
  for (const entry of readdirSync(home)) {
    if (!entry.startsWith('cluster.new-')) continue;
    try {
      rmSync(join(home, entry), { recursive: true, force: true });
    } catch {
      // The initdb of a killed launcher is still at it: the next start removes it.
    }
  }
}

/** What has no control file cannot be started, but it may be all that is left of somebody's data. */
function setAside(cluster: string): void {
  if (existsSync(cluster)) renameSync(cluster, `${cluster}.broken-${Date.now()}`);
}

/** A copy made by root belongs to root, and a copy may have lost the rights that Postgres insists on. */
function takeOver(cluster: string, account: Account): void {
  const { uid } = statSync(cluster);
  if (account.uid !== undefined && uid === 0) giveTo(account, cluster, { recursive: true });
  const self = process.getuid?.();
  if (self !== undefined && self !== 0 && uid !== self) {
    throw new LocalError(
      `${cluster} belongs to another user (number ${uid}): start this as that user, or set DATA_DIR to a directory of your own.`,
    );
  }
  chmodSync(cluster, 0o700);
}
