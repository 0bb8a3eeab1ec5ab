import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from './build.js';
import { createReferences } from './references.js';

// `npm run docs:references`, on a fresh build.
for (const [file, text] of Object.entries(await createReferences())) {
  writeFileSync(join(projectDirectory, file), text);
}
