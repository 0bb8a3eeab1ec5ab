import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty directory that every user may enter, as most checkouts are; mkdtemp alone lets only its owner in. */
export function makeTemporaryDirectory(mode = 0o755): string {
  const directory = mkdtempSync(join(tmpdir(), 'weapp-auth-local-'));
  chmodSync(directory, mode);
  return directory;
}
