import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectDirectory } from '../dev/build.js';
import { createReferences } from '../dev/references.js';

const pages = await createReferences();

it.each(Object.keys(pages))('%s is what `npm run docs:references` writes', (file) => {
  expect(readFileSync(join(projectDirectory, file), 'utf8')).toBe(pages[file]);
});
