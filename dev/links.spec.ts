import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { projectDirectory } from './build.js';

const documents = ['', 'client', 'emulator', 'guard', 'examples', 'examples/notes', 'docs']
  .flatMap((directory) =>
    readdirSync(join(projectDirectory, directory), { recursive: directory === 'docs', encoding: 'utf8' }).map(
      (file) => join(directory, file),
    ),
  )
  .filter((file) => file.endsWith('.md'));

function read(file: string): string {
  return readFileSync(join(projectDirectory, file), 'utf8');
}

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

function isBroken(file: string, link: string): boolean {
  const [path, anchor] = link.split('#');
  const target = path ? join(dirname(file), path) : file;
  if (!existsSync(join(projectDirectory, target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

it.each(documents)('%s links to what is there', (file) => {
  const prose = read(file).replace(/^\s*```.*?^\s*```$/gms, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !/^https?:/.test(link) && isBroken(file, link))).toEqual([]);
});
