import { runCommandLine } from './command-line.js';

// What `weapp-auth` runs.
process.exitCode = await runCommandLine(process.argv.slice(2));
