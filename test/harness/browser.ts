import { execFile } from 'node:child_process';
import { constants, rmSync } from 'node:fs';
import { access, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

/** A Chromium that may be there. */
interface Candidate {
  executablePath: string;
  env?: NodeJS.ProcessEnv;
  /** Removes what was unpacked for it. */
  remove?: () => void;
}

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const flags = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a headless Chromium with a profile of its own: the one that `CHROMIUM` names, else one on the PATH, else the one
 * that comes by npm (Linux on x64).
 *
 * @returns undefined where there is none, which is said in one line: tests that need one are to be skipped then
 * @throws where the one that `CHROMIUM` names does not start
 */
export async function launchBrowser(): Promise<Browser | undefined> {
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return launch({ executablePath: CHROMIUM });
  const reasons: string[] = [];
  for (const find of [onPath, fromPackage]) {
    try {
      const candidate = await find();
      if (candidate) return await launch(candidate);
    } catch (error) {
      // One that is there need not start: on some systems it is a stub.
      reasons.push((error as Error).message.split('\n', 1)[0]!);
    }
  }
  console.warn(`No Chromium, so no browser tests: set CHROMIUM to one. ${reasons.join('; ')}`.trim());
  return undefined;
}

async function launch({ executablePath, env, remove }: Candidate): Promise<Browser> {
  try {
    // Playwright leaves the sandbox out: root has none, nor have many containers. Only our own pages are opened.
    const browser = await chromium.launch({ executablePath, args: flags, env: { ...process.env, ...env } });
    if (remove) browser.on('disconnected', remove);
    return browser;
  } catch (error) {
    remove?.();
    throw error;
  }
}

async function onPath(): Promise<Candidate | undefined> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const executablePath = join(directory, name);
      const isThere = await access(executablePath, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return { executablePath };
    }
  }
  return undefined;
}

/**
 * `@sparticuz/chromium`, which unpacks itself into TMPDIR, and on Amazon Linux brings along the libraries that minimal systems
 * lack. In a process and a directory of its own: it changes the environment, and takes what it finds there for its own.
 */
async function fromPackage(): Promise<Candidate | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'chromium-'));
  // At once: a process that closed its browser may end right away.
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    await promisify(execFile)(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        'await (await import("@sparticuz/chromium")).default.executablePath()',
      ],
      {
        cwd: import.meta.dirname,
        env: { ...process.env, TMPDIR: directory, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
      },
    );
    // Its own looks in /tmp/fonts alone; without a font no text has a size, and nothing with a text is visible.
    await writeFile(join(directory, 'fonts/fonts.conf'), fontsIn(directory));
  } catch (error) {
    remove();
    throw error;
  }
  return {
    executablePath: join(directory, 'chromium'),
    env: { LD_LIBRARY_PATH: join(directory, 'al2023/lib'), FONTCONFIG_PATH: join(directory, 'fonts') },
    remove,
  };
}

function fontsIn(directory: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${directory}/fonts</dir>
  <cachedir>${directory}/fonts-cache</cachedir>
</fontconfig>
`;
}
