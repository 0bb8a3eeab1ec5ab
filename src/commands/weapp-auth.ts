import { runCommandLine } from './command-line.js';

// The entry point of `weapp-auth`.
process.exitCode = await runCommandLine(process.argv.slice(2));
