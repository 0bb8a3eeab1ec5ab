import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/commands.js';
import { runCommand } from '../harness/command.js';

const project = join(import.meta.dirname, '../..');
const names = Object.keys(commands);

const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('weapp-auth', () => {
  it('lists all commands with --help, each with what it does', async () => {
    const { code, stdout, stderr } = await runCommand('--help', [], {});

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const [name, { summary }] of Object.entries(commands)) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.replaceAll('.', '\\.')}$`, 'm'));
    }
  });

  it.each(names)('explains %s with --help, whatever the settings are', async (name) => {
    const { code, stdout, stderr } = await runCommand(name, ['--help'], {});

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [usage, summary] = stdout.split('\n\n');
    expect(usage).toMatch(new RegExp(`^Usage: weapp-auth ${name}( |$)`));
    expect(summary).toBe(commands[name]!.summary);
    const argumentsOfUsage = usage!.match(/--[a-z]+|(?<!--[a-z]+ )<[^>]+>/g) ?? [];
    const explained = [...stdout.matchAll(/^ {2}(--[a-z]+|<[^>]+>)( <[^>]+>)? {2,}\S/gm)].map(
      ([, term]) => term,
    );
    expect(explained).toEqual(argumentsOfUsage);
    expect(stdout).toMatch(new RegExp(`^Example: weapp-auth ${name}[^\n]*\n$`, 'm'));
  });

  it.each(names)('has the npm script %s', (name) => {
    expect(scripts[name]).toBe(`node bin/weapp-auth.js ${name}`);
  });

  it.each([
    ['an unknown command', 'admin:promote'],
    ['a property that every object has', 'constructor'],
    ['a file of an older version', 'admin-grant'],
  ])('says in one sentence that %s is none, and repeats nothing of it', async (_, name) => {
    expect(await runCommand(name, ['--user', 'oSecret'], {})).toEqual({
      code: 2,
      stdout: '',
      stderr: 'There is no such command. weapp-auth --help lists all.\n',
    });
  });

  it('says in one sentence that the command is missing', async () => {
    expect(await runCommand('', [], {})).toEqual({
      code: 2,
      stdout: '',
      stderr: 'A command is missing. weapp-auth --help lists all.\n',
    });
  });

  it.each(names)('says that an option of %s is unknown, and how it is called', async (name) => {
    const { code, stdout, stderr } = await runCommand(name, ['--no-such-option'], {});

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^Unknown option '--no-such-option'\\. Usage: weapp-auth ${name}[^\n]*\n$`),
    );
  });

  it.each(names)('loads for %s no package that only the service needs', (name) => {
    const file = join(project, `dist/commands/${name.replace(':', '-')}.command.js`);
    const loaded = packagesOf(file);

    expect(loaded).toContain('typeorm');
    const needless =
      /^(@nestjs\/(swagger|platform-fastify|passport|terminus)|fastify|@fastify\/.*|passport.*|sharp|flydrive|@aws-sdk\/.*)$/;
    // The service that erases users removes their avatars in a node, and a command leaves that to the nodes.
    const tolerated = name === 'users:erase' ? ['flydrive'] : [];
    expect([...loaded].filter((each) => needless.test(each)).toSorted()).toEqual(tolerated);
  });
});

/** The packages that a compiled file imports, and the files that it imports, except what they load when it is needed. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  seen.add(file);
  const packages = new Set<string>();
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) .*?'([^']+)';$/gm)) {
    if (!specifier!.startsWith('.')) {
      packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(specifier!)![0]);
      continue;
    }
    const target = join(file, '..', specifier!);
    if (!seen.has(target)) for (const each of packagesOf(target, seen)) packages.add(each);
  }
  return packages;
}
