import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { type Arguments, type Command, type CommandOptions, reasonOf, UsageError } from './command.js';
import { commands } from './commands.js';

/** The name in `bin` of package.json. */
const program = 'weapp-auth';

/**
 * Runs the command that a command line names. Prints errors to standard error; an expected error is one message without a
 * stack.
 *
 * @param words the command line after the name of the program
 * @returns the exit code: 0 if it succeeded, 1 if it failed (or the code of the command), 2 if it was called wrongly
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const [name = '', ...rest] = words;
  if (name === '--help') {
    process.stdout.write(listCommands());
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const fault = name === '' ? 'A command is missing' : 'There is no such command';
    process.stderr.write(`${fault}. ${program} --help lists all.\n`);
    return 2;
  }
  const { summary, load } = commands[name]!;
  const command = await load();
  const call = `${program} ${name}`;
  if (rest.includes('--help')) {
    process.stdout.write(explain(call, summary, command));
    return 0;
  }
  try {
    return (await command.run(readArguments(command, rest))) ?? 0;
  } catch (error) {
    if (!(error instanceof UsageError)) {
      process.stderr.write(`${reasonOf(error)}\n`);
      return 1;
    }
    process.stderr.write(`${error.message}. Usage: ${usageOf(call, command)}\n`);
    return 2;
  }
}

/** @throws {UsageError} */
function readArguments(
  { options, allowPositionals = false }: Command,
  words: string[],
): Arguments<CommandOptions> {
  try {
    return parseArgs({ args: words, options, allowPositionals, strict: true });
  } catch (error) {
    // The rest of the message is for programmers, and may quote the arguments, such as an openid.
    const message = {
      ERR_PARSE_ARGS_UNKNOWN_OPTION: /^Unknown option '-[-\w]*'/.exec((error as Error).message)?.[0],
      ERR_PARSE_ARGS_INVALID_OPTION_VALUE: /^Option '[^']*'/
        .exec((error as Error).message)?.[0]
        ?.concat(' lacks its value'),
      ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: 'Every value needs its option before it',
    }[(error as { code: string }).code];
    throw new UsageError(message ?? 'The options are not understood');
  }
}

function listCommands(): string {
  const rows = Object.entries(commands).map(([name, { summary }]): [string, string] => [name, summary]);
  return `Usage: ${program} <command> [arguments]

${tabulate(rows)}

${program} <command> --help explains a command.
All commands can run while the service runs. They use its settings: the environment or .env.
`;
}

function explain(call: string, summary: string, command: Command): string {
  const paragraphs = [
    `Usage: ${usageOf(call, command)}`,
    summary,
    tabulate(Object.entries(command.explanations)),
    `Example: ${`${call} ${command.example}`.trimEnd()}`,
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

function usageOf(call: string, { synopsis }: Command): string {
  return `${call} ${synopsis}`.trimEnd();
}

function tabulate(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`).join('\n');
}
