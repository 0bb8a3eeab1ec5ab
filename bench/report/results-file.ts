import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const benchDirectory = join(import.meta.dirname, '..');
const title =
  '# Results\n\nWritten by the commands of this folder. [README](README.md) says what they measure.\n';

/** A part of results.md, which one command writes. */
export interface ResultsSection {
  heading: string;
  text: string;
  /** The picture below the text, if it has one. */
  picture?: { file: string; description: string; svg: string };
}

/** Puts a section into results.md, in place of the one with the same heading, and its picture beside it. */
export async function saveResults(
  { heading, text, picture }: ResultsSection,
  directory = benchDirectory,
): Promise<void> {
  const file = join(directory, 'results.md');
  const [begin = title, ...sections] = existsSync(file)
    ? readFileSync(file, 'utf8').split(/^(?=## )/m)
    : [title];
  const parts = [`## ${heading}`, text];
  if (picture !== undefined) {
    writeFileSync(join(directory, picture.file), picture.svg);
    parts.push(`![${picture.description}](${picture.file})`);
  }
  const section = `${parts.join('\n\n')}\n`;
  const index = sections.findIndex((existing) => existing.startsWith(`## ${heading}\n`));
  if (index === -1) sections.push(section);
  else sections[index] = section;
  const content = [begin, ...sections].map((part) => part.trim()).join('\n\n');
  writeFileSync(
    file,
    await format(content, {
      ...(await resolveConfig(join(benchDirectory, 'results.md'))),
      parser: 'markdown',
    }),
  );
}
