import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { projectDirectory } from './build.js';

const fence = /^( *)```[^\n]*\n.*?^\1```$/gms;

const read = (page: string): string => readFileSync(join(projectDirectory, page), 'utf8');

const exists = (page: string): boolean => existsSync(join(projectDirectory, page));

/** The code blocks of a page, with the indentation that a list gives them. Diagrams are translated, so they are left out. */
function codeBlocks(text: string): string[] {
  return [...text.matchAll(fence)].map(([block]) => block).filter((block) => !/[│▶]/.test(block));
}

/** Comments in the code blocks of the READMEs are translated. */
function commands(text: string): string[] {
  return codeBlocks(text).map((block) => block.replace(/(^|\s)\/\/ .*$/gm, '').replace(/\s+$/gm, ''));
}

function headingLevels(text: string): number[] {
  return [...text.replace(fence, '').matchAll(/^(#{1,6}) /gm)].map(([, marks]) => marks!.length);
}

/** What a reference describes, and every name in it, which no translation changes. */
function names(text: string): string[] {
  const isProse = /^##? [A-Z][A-Za-z]/;
  return [...new Set(text.match(/`[^`\n]+`|^#+ \/?[\w /{}.-]+$/gm))].filter((name) => !isProse.test(name));
}

const pages = readdirSync(join(projectDirectory, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((page) => join('docs', page))
  .filter((page) => page.endsWith('.md'));

const chinesePages = pages.filter((page) => page.startsWith('docs/zh/'));
const references = pages.filter((page) => dirname(page) === 'docs/reference');

const translated = [
  'docs/getting-started.md',
  ...pages.filter((page) => dirname(page) === 'docs/guides'),
  ...references,
].map((page) => [page, page.replace('docs/', 'docs/zh/')] as const);

const twins = [
  ...translated,
  ...['client', 'emulator', 'examples', 'examples/notes', 'examples/taro', 'examples/uni-app', 'guard'].map(
    (directory) => [`${directory}/README.md`, `${directory}/README.zh-CN.md`] as const,
  ),
];

it.each(twins)('%s has a Chinese twin with the same headings and code', (english, chinese) => {
  expect(exists(chinese), `${chinese} is missing`).toBe(true);
  expect(headingLevels(read(chinese))).toEqual(headingLevels(read(english)));
  expect(codeBlocks(read(chinese))).toEqual(codeBlocks(read(english)));
});

it.each(twins)('%s and its twin link to each other at the top', (english, chinese) => {
  const third = (page: string) => read(page).split('\n', 3)[2];
  expect(third(english)).toBe(`[中文](${relative(dirname(english), chinese)})`);
  expect(third(chinese)).toBe(`[English](${relative(dirname(chinese), english)})`);
});

it.each(references)('%s describes the same things in Chinese', (page) => {
  const english = names(read(page).replace(/^<!-- .* -->$/m, ''));
  const chinese = new Set(names(read(page.replace('docs/', 'docs/zh/'))));
  expect(english.filter((name) => !chinese.has(name))).toEqual([]);
});

it('has no Chinese page without an English one', () => {
  expect(chinesePages.filter((page) => !exists(page.replace('docs/zh/', 'docs/')))).toEqual([]);
});

it('has the same headings and commands in both READMEs', () => {
  expect(headingLevels(read('README.zh-CN.md'))).toEqual(headingLevels(read('README.md')));
  expect(commands(read('README.zh-CN.md'))).toEqual(commands(read('README.md')));
});
