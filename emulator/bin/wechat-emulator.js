#!/usr/bin/env node
import { existsSync } from 'node:fs';

// A clone has the source, and runs it as it is; the published package has only what was built from it.
const source = new URL('../src/command.ts', import.meta.url);

async function loadCommand() {
  if (!existsSync(source)) {
    return import('../dist/command.js');
  }
  const { register } = await import('tsx/esm/api');
  register({ tsconfig: false });
  return import(source.href);
}

const { runCommand } = await loadCommand();
await runCommand(process.argv.slice(2));
