import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { buildPhone } from '../server/build-phone.js';

const directories: string[] = [];

afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

const minimal = {
  'app.json': '{ "pages": ["pages/home/home"] }',
  'app.js': 'App({})',
  'pages/home/home.json': '{}',
  'pages/home/home.js': 'Page({})',
  'pages/home/home.wxml': '<view>hello</view>',
};

/** Writes a mini-program of one page. These files are added or replaced; null removes one. */
async function miniProgram(files: Record<string, string | null> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mini-program-'));
  directories.push(directory);
  for (const [path, text] of Object.entries({ ...minimal, ...files })) {
    if (text === null) continue;
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}

async function built(files: Record<string, string | null>, name: string): Promise<string> {
  const all = await buildPhone({ miniprogramDirectory: await miniProgram(files) });
  return Buffer.from(all.get(name)!.body).toString();
}

/** Puts a style sheet on one line: only the rules matter. */
async function styles(files: Record<string, string>): Promise<string> {
  return (await built(files, 'app.css')).replaceAll(/\s+/g, ' ');
}

async function refusal(files: Record<string, string | null>): Promise<string[]> {
  const miniprogramDirectory = await miniProgram(files);
  const error = await buildPhone({ miniprogramDirectory }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'BuildError' });
  return (error as { problems: string[] }).problems;
}

/** What app.js passes to the phone, with code that can run. */
interface Handed {
  run: () => void;
  units: { path: string; scope: string | null; run: () => void }[];
}

async function handed(files: Record<string, string>, globals: object = {}): Promise<Handed> {
  let found: Handed | undefined;
  const context = {
    ...globals,
    runMiniProgram: (program: Handed) => {
      found = program;
    },
  };
  runInNewContext(await built(files, 'app.js'), context);
  return found!;
}

describe('the builder of the phone', () => {
  it('builds the demo into files that load nothing from elsewhere and need no eval', async () => {
    const files = await buildPhone({ miniprogramDirectory: join(import.meta.dirname, '../../miniprogram') });
    expect([...files].map(([name, { contentType }]) => [name, contentType])).toEqual([
      ['phone.html', 'text/html; charset=utf-8'],
      ['phone.css', 'text/css; charset=utf-8'],
      ['phone.js', 'text/javascript; charset=utf-8'],
      ['app.css', 'text/css; charset=utf-8'],
      ['app.js', 'text/javascript; charset=utf-8'],
    ]);
    const text = (name: string) => Buffer.from(files.get(name)!.body).toString();
    expect(text('phone.html').match(/(?:src|href)="[^"]*"/g)).toEqual([
      'href="data:,"',
      'href="phone.css"',
      'href="app.css"',
      'src="phone.js"',
      'src="app.js"',
    ]);
    for (const script of ['phone.js', 'app.js']) {
      expect(text(script)).not.toMatch(/\beval\(|new Function\(|[^.\w]Function\(/);
    }
  });

  it('hands over components before the pages that use them', async () => {
    const { units } = await handed({
      'pages/home/home.json': '{ "usingComponents": { "badge": "../../components/badge/badge" } }',
      'components/badge/badge.json': '{ "component": true }',
      'components/badge/badge.js': 'Component({})',
      'components/badge/badge.wxml': '<text>badge</text>',
    });
    expect(units.map(({ path }) => path)).toEqual(['components/badge/badge', 'pages/home/home']);
  });

  it('resolves packages in miniprogram_npm, and hides the globals of a browser', async () => {
    const seen: unknown[] = [];
    const program = await handed(
      {
        'miniprogram_npm/sdk/index.js': 'module.exports = { name: "sdk" };',
        'app.js': 'see(require("sdk").name, typeof fetch, typeof window, typeof localStorage, typeof wx);',
      },
      { see: (...all: unknown[]) => seen.push(...all), fetch, window: {}, localStorage: {}, wx: {} },
    );
    program.run();
    expect(seen).toEqual(['sdk', 'undefined', 'undefined', 'undefined', 'object']);
  });

  it('compiles what a template imports', async () => {
    const script = await built(
      {
        'pages/home/home.wxml':
          '<import src="./row.wxml" /><wxs module="m" src="./m.wxs"></wxs><template is="row" />',
        'pages/home/row.wxml': '<template name="row"><text>of the row</text></template>',
        'pages/home/m.wxs': 'exports.name = "of the script";',
      },
      'app.js',
    );
    expect(script).toContain('of the row');
    expect(script).toContain('of the script');
  });
});

describe('a style sheet', () => {
  it('measures rpx by the width of the phone, in templates too', async () => {
    expect(await styles({ 'app.wxss': '.a { margin: -8rpx 0 1.5rpx; }' })).toContain(
      'margin: calc(-8 * var(--rpx)) 0 calc(1.5 * var(--rpx));',
    );
    const script = await built(
      { 'pages/home/home.wxml': '<view style="width: 20rpx; height: {{h}}rpx">20rpx</view>' },
      'app.js',
    );
    expect(script).toContain('width: calc(20 * var(--rpx)); height: calc(');
    expect(script).toContain('"20rpx"');
  });

  it('names the elements as they are called in the browser', async () => {
    expect(await styles({ 'app.wxss': 'page, view > .a { color: red; }' })).toContain(
      'wx-page, wx-view > .a { color: red; }',
    );
  });

  it('of a page is for that page', async () => {
    expect(
      await styles({ 'pages/home/home.wxss': 'page { color: red; } .a, button + .b { color: blue; }' }),
    ).toBe(
      ' wx-page:where([data-page="pages/home/home"]) { color: red; }' +
        ' :where([data-page="pages/home/home"]) .a,:where([data-page="pages/home/home"]) wx-button + .b { color: blue; }',
    );
  });

  it('of a component is for that component', async () => {
    const css = await styles({
      'pages/home/home.json': '{ "usingComponents": { "badge": "/components/badge/badge" } }',
      'components/badge/badge.json': '{ "component": true }',
      'components/badge/badge.js': 'Component({})',
      'components/badge/badge.wxml': '<text class="a">badge</text>',
      'components/badge/badge.wxss': '.a { color: red; }',
    });
    expect(css).toContain('.component-0--a { color: red; }');
  });

  it('brings along what it imports, and leaves keyframes alone', async () => {
    expect(
      await styles({
        'app.wxss': '@import "./styles/turn.wxss"; .a { color: red; }',
        'styles/turn.wxss': '@keyframes turn { from { width: 1rpx; } to { width: 2px; } }',
      }),
    ).toContain(
      '@keyframes turn { from { width: calc(1 * var(--rpx)); } to { width: 2px; } } .a { color: red; }',
    );
  });

  it('that is none is refused with file and line', async () => {
    expect(await refusal({ 'pages/home/home.wxss': '.a {}\n.b { color: red;' })).toEqual([
      'pages/home/home.wxss:2:1 Unclosed block',
    ]);
  });

  it('that imports what is not there is refused', async () => {
    expect(await refusal({ 'app.wxss': '@import "./nothing.wxss";' })).toEqual([
      'nothing.wxss is missing: app.wxss names it',
    ]);
  });
});

describe('a mini-program that WeChat would not take', () => {
  it('is refused for a tag that is not closed, with file and line', async () => {
    expect(await refusal({ 'pages/home/home.wxml': '<view>\n  <text>hello\n</view>' })).toEqual([
      'pages/home/home.wxml:2:4 missing end tag',
    ]);
  });

  it('is refused for everything at once that is wrong with its templates', async () => {
    expect(
      await refusal({
        'app.json': '{ "pages": ["pages/home/home", "pages/next/next"] }',
        'pages/home/home.wxml': '<view class=a />',
        'pages/next/next.json': '{}',
        'pages/next/next.js': 'Page({})',
        'pages/next/next.wxml': '<view id="a" id="b" />',
      }),
    ).toEqual([
      'pages/home/home.wxml:1:13 should be quoted',
      'pages/next/next.wxml:1:14 duplicated attribute',
    ]);
  });

  it('is refused for a page that is not there', async () => {
    expect(await refusal({ 'pages/home/home.wxml': null })).toEqual([
      'pages/home/home.wxml is missing: app.json names it',
    ]);
    expect(await refusal({ 'pages/home/home.js': null })).toEqual([
      'pages/home/home.js is missing: app.json names it',
    ]);
  });

  it('is refused for a component that is not there', async () => {
    expect(
      await refusal({ 'pages/home/home.json': '{ "usingComponents": { "badge": "/components/badge" } }' }),
    ).toEqual(['components/badge.json is missing: pages/home/home.json names it']);
  });

  it('is refused for JSON that is none', async () => {
    const [problem] = await refusal({ 'pages/home/home.json': '{ "usingComponents": }' });
    expect(problem).toMatch(/^pages\/home\/home\.json: Unexpected token/);
  });

  it('is refused for code that does not parse or requires what is not there, with file and line', async () => {
    const [syntax] = await refusal({ 'pages/home/home.js': 'Page({});\nconst = 1;' });
    expect(syntax).toMatch(/^pages\/home\/home\.js:2 /);
    const [missing] = await refusal({ 'app.js': '\nrequire("./nothing.js");' });
    expect(missing).toBe('app.js:2 Could not resolve "./nothing.js"');
    const [unbuilt] = await refusal({ 'app.js': 'require("sdk");' });
    expect(unbuilt).toMatch(/^app\.js:1 .*miniprogram_npm\/sdk/);
  });
});
