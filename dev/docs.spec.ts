import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const project = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(project, file), 'utf8');

/** The code blocks of a page, with the indentation that a list gives them. Diagrams are translated, so they are left out. */
function codeBlocks(text: string): string[] {
  return [...text.matchAll(/^( *)```[^\n]*\n.*?^\1```$/gms)]
    .map(([block]) => block)
    .filter((block) => !/[│▶]/.test(block));
}

function withoutCode(text: string): string {
  return text.replace(/^( *)```[^\n]*\n.*?^\1```$/gms, '').replace(/`[^`]*`/g, 'code');
}

function headings(text: string): string[] {
  return text
    .replace(/^( *)```[^\n]*\n.*?^\1```$/gms, '')
    .split('\n')
    .filter((line) => /^#{1,6} /.test(line));
}

const headingLevels = (text: string): number[] => headings(text).map((line) => line.indexOf(' '));

/** What GitHub makes of a heading for links to it. */
function anchor(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** Comments in the code blocks of the READMEs are translated. */
function commands(text: string): string[] {
  return codeBlocks(text).map((block) => block.replace(/(^|\s)\/\/ .*$/gm, '').replace(/\s+$/gm, ''));
}

/** Every Markdown file below a directory, by its path in the project. */
function pagesBelow(directory: string): string[] {
  return readdirSync(join(project, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isFile()) return path.endsWith('.md') ? [path] : [];
    const isOthers = /^(node_modules|dist|miniprogram_npm)$|^\.(?!github$)/.test(entry.name);
    return entry.isDirectory() && !isOthers ? pagesBelow(path) : [];
  });
}

const pages = pagesBelow('.').toSorted();
const packagePages = ['client/README.md', 'emulator/README.md'];
const guides = pages.filter((page) => dirname(page) === 'docs/guides');
const translated = pages.filter(
  (page) => /^docs\/(?!zh\/)/.test(page) && pages.includes(page.replace('docs/', 'docs/zh/')),
);

const twins = [
  ...[...new Set([...guides, ...translated])].map((page) => [page, page.replace('docs/', 'docs/zh/')]),
  ...packagePages.map((page) => [page, page.replace('.md', '.zh-CN.md')]),
] as [string, string][];

it('finds the pages', () => {
  expect(guides.length).toBeGreaterThan(10);
  expect(pages).toContain('README.zh-CN.md');
});

it.each(twins)('%s has a Chinese twin with the same headings and code', (english, chinese) => {
  expect(existsSync(join(project, chinese)), `${chinese} is missing`).toBe(true);
  expect(headingLevels(read(chinese))).toEqual(headingLevels(read(english)));
  expect(codeBlocks(read(chinese))).toEqual(codeBlocks(read(english)));
});

const references = pages.filter((page) => dirname(page) === 'docs/reference');

it.each(references)('%s names the same things in Chinese', (page) => {
  const names = (text: string) => [...new Set(text.match(/`[^`\n]+`|^#+ \/?[\w /{}.-]+$/gm))].toSorted();
  const english = names(read(page).replace(/^<!-- .* -->$/m, ''));
  const chinese = new Set(names(read(page.replace('docs/', 'docs/zh/'))));
  const headingsOfProse = /^##? [A-Z][A-Za-z]/;
  expect(english.filter((name) => !headingsOfProse.test(name) && !chinese.has(name))).toEqual([]);
});

it.each(twins)('%s and its twin link to each other at the top', (english, chinese) => {
  const link = (from: string, to: string) => relative(dirname(from), to) || basename(to);
  expect(read(english).split('\n', 4)[2]).toBe(`[中文](${link(english, chinese)})`);
  expect(read(chinese).split('\n', 4)[2]).toBe(`[English](${link(chinese, english)})`);
});

it('has no Chinese page without an English one', () => {
  const chinese = pages.filter((page) => page.startsWith('docs/zh/'));
  const orphans = chinese.filter((page) => !pages.includes(page.replace('docs/zh/', 'docs/')));
  expect(orphans).toEqual([]);
});

it('has the same headings and commands in both READMEs', () => {
  expect(headingLevels(read('README.zh-CN.md'))).toEqual(headingLevels(read('README.md')));
  expect(commands(read('README.zh-CN.md'))).toEqual(commands(read('README.md')));
});

it.each(pages)('%s has no dead relative link', (page) => {
  const targets = [...withoutCode(read(page)).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!);
  const dead = targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file, fragment] = target.split('#') as [string, string?];
    const linked = file ? join(dirname(page), decodeURIComponent(file)) : page;
    if (!existsSync(join(project, linked))) return true;
    if (!fragment || !linked.endsWith('.md')) return false;
    return !headings(read(linked)).map(anchor).includes(decodeURIComponent(fragment));
  });
  expect(dead).toEqual([]);
});
