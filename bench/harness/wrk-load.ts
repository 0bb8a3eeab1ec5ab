import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toHttpText } from './http-text.js';
import type { LoadOptions, LoadRequest, LoadResult } from './load.js';

const script = join(import.meta.dirname, 'wrk-load.lua');

/** Load by wrk, in a process of its own with one thread. The requests go through a file. */
export async function loadWithWrk(
  url: string,
  requests: readonly LoadRequest[],
  { connections, seconds }: LoadOptions,
): Promise<LoadResult> {
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-bench-load-'));
  try {
    const file = join(directory, 'requests');
    writeFileSync(file, requests.map((request) => frame(toHttpText(new URL(url).host, request))).join(''));
    const { stdout } = await promisify(execFile)('wrk', [
      '--threads=1',
      `--connections=${connections}`,
      `--duration=${Math.ceil(seconds)}s`,
      '--timeout=10s',
      `--script=${script}`,
      url,
      '--',
      file,
    ]);
    return JSON.parse(stdout.slice(stdout.indexOf('\n{') + 1)) as LoadResult;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Its length in bytes, a new line, the request. */
function frame(request: string): string {
  return `${Buffer.byteLength(request)}\n${request}`;
}
