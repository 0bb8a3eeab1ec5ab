import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publishEnvironment } from './environment-file.js';
import type { Launch, Part } from './launch.js';
import { makeTemporaryDirectory } from './temporary-directory.fixture.js';

let directory: string;
let file: string;
let parts: Part[];

beforeEach(() => {
  directory = join(makeTemporaryDirectory(), 'data');
  file = join(directory, 'environment');
  parts = [];
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

function publish(environment: Record<string, string>): void {
  const launch = { add: (part: Part) => parts.push(part) } as unknown as Launch;
  publishEnvironment(
    launch,
    directory,
    environment,
    Object.keys(environment).filter((name) => name !== 'PATH'),
  );
}

it('writes the settings for the developer alone, as a dotenv file has them', () => {
  const settings = {
    DATABASE_URL: 'postgres://weapp:a#b$c@127.0.0.1:5432/weapp',
    WECHAT_APPS: '[{"name":"a\\nb #"}]',
    JWT_AUDIENCE: "it's\nhere",
  };
  publish({ ...settings, PATH: '/bin' });
  expect(parseEnv(readFileSync(file, 'utf8'))).toEqual(settings);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('keeps JSON that holds every kind of quote', () => {
  const apps = [{ name: "O'Neill `s" }];
  publish({ WECHAT_APPS: JSON.stringify(apps) });
  expect(JSON.parse(parseEnv(readFileSync(file, 'utf8'))['WECHAT_APPS'] ?? '')).toEqual(apps);
});

it('removes the file at the end, unless it is another launcher’s by then', async () => {
  publish({ HOST: 'one' });
  await parts[0]?.stop();
  expect(existsSync(file)).toBe(false);
  publish({ HOST: 'one' });
  writeFileSync(file, "HOST='two'\n");
  await parts[1]?.stop();
  expect(existsSync(file)).toBe(true);
});
