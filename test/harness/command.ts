import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../bin/weapp-auth.js');

/** What a command of the operator's has done. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command of the operator's: `weapp-auth <name>`, as its npm script starts it. */
export class OperatorCommand {
  stdout = '';
  stderr = '';
  private readonly ended: Promise<unknown>;

  private constructor(readonly process: ChildProcess) {
    process.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    process.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(process, 'close');
  }

  /** @param directory to run it in; without the developer's `.env` file */
  static launch(
    name: string,
    options: string[],
    environment: Record<string, string>,
    directory = import.meta.dirname,
  ): OperatorCommand {
    return new OperatorCommand(
      spawn(process.execPath, [program, name, ...options], {
        env: environment,
        cwd: directory,
        stdio: 'pipe',
      }),
    );
  }

  async result(): Promise<CommandResult> {
    await this.ended;
    return { code: this.process.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs a command to its end. */
export function runCommand(
  name: string,
  options: string[],
  environment: Record<string, string>,
  directory?: string,
): Promise<CommandResult> {
  return OperatorCommand.launch(name, options, environment, directory).result();
}
