import { TmplGroup } from 'glass-easel-template-compiler';
import { BuildError } from './build-error.js';
import { readSource, type MiniProgram } from './mini-program.js';

/** A message of the compiler. Lines begin with 0. */
interface Diagnostic {
  startLine: number;
  startColumn: number;
  message: string;
}

/**
 * Compiles all templates and their imports into one JavaScript expression: an object with a render function for each path.
 *
 * @throws {BuildError} for every message of the compiler: WeChat's compiler refuses what this one only warns about
 */
export async function compileTemplates({ directory, units }: MiniProgram): Promise<string> {
  const group = new TmplGroup();
  const problems: string[] = [];
  const known = new Set(units.map(({ path }) => path));

  const add = async (path: string, template: string): Promise<void> => {
    const diagnostics = group.addTmpl(path, withoutRpx(template)) as Diagnostic[];
    for (const { startLine, startColumn, message } of diagnostics) {
      problems.push(`${path}.wxml:${startLine + 1}:${startColumn + 1} ${message}`);
    }
    for (const script of group.getScriptDependencies(path) as string[]) {
      group.addScript(script, await readSource(directory, `${script}.wxs`, `${path}.wxml`));
    }
    for (const other of group.getDirectDependencies(path) as string[]) {
      if (known.has(other)) continue;
      known.add(other);
      await add(other, await readSource(directory, `${other}.wxml`, `${path}.wxml`));
    }
  };

  try {
    for (const { path, template } of units) await add(path, template);
    if (problems.length > 0) throw new BuildError(problems);
    return group.getTmplGenObjectGroups();
  } finally {
    group.free();
  }
}

/** Browsers do not know rpx. This replaces it in inline styles; wxss.ts does it in style sheets. */
function withoutRpx(template: string): string {
  return template.replaceAll(/\sstyle="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/(\{\{[^}]*\}\}|-?[\d.]+)rpx\b/g, 'calc($1 * var(--rpx))'),
  );
}
