import { join } from 'node:path';
import typescript from 'typescript';
import { projectDirectory } from './build.js';

// The compiler of `npm run dev`: compiles on every change, and tells its parent of each build without errors. It
// ends when the channel to its parent does.
process.once('disconnect', () => process.exit());
// A Ctrl-C reaches every process of the terminal: the parent stops us when our turn comes.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});

const format = {
  getCurrentDirectory: () => projectDirectory,
  getCanonicalFileName: (name: string) => name,
  getNewLine: () => '\n',
};

typescript.createWatchProgram(
  typescript.createWatchCompilerHost(
    join(projectDirectory, 'tsconfig.build.json'),
    { noEmitOnError: true },
    typescript.sys,
    typescript.createEmitAndSemanticDiagnosticsBuilderProgram,
    (diagnostic) => {
      process.stderr.write(typescript.formatDiagnosticsWithColorAndContext([diagnostic], format));
    },
    (status, _newLine, _options, errorCount) => {
      const message = typescript.flattenDiagnosticMessageText(status.messageText, '\n');
      process.stdout.write(`${message}\n`);
      // The count comes with the end of a build only.
      if (errorCount === 0) process.send?.('built');
    },
  ),
);
