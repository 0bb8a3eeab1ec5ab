import { TmplGroup } from 'glass-easel-template-compiler';
import { BuildError } from './build-error.js';
import type { MiniProgram } from './mini-program.js';

/** As the compiler gives them; lines begin with 0. */
interface Diagnostic {
  startLine: number;
  startColumn: number;
  message: string;
}

/**
 * Compiles all templates into one JavaScript expression: an object that has, by path, what draws each.
 *
 * @throws {BuildError} for whatever the compiler remarks: what it only warns of, WeChat's own one refuses
 */
export function compileTemplates({ units }: MiniProgram): string {
  const group = new TmplGroup();
  try {
    const problems = units.flatMap(({ path, template }) => {
      const diagnostics = (group.addTmpl(path, withoutRpx(template)) ?? []) as Diagnostic[];
      return diagnostics.map(
        ({ startLine, startColumn, message }) =>
          `${path}.wxml:${startLine + 1}:${startColumn + 1} ${message}`,
      );
    });
    if (problems.length > 0) throw new BuildError(problems);
    return group.getTmplGenObjectGroups();
  } finally {
    group.free();
  }
}

/** Browsers do not know rpx. In style sheets it is replaced with the rest of them; here in inline styles. */
function withoutRpx(template: string): string {
  return template.replaceAll(/\sstyle="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/(\{\{[^}]*\}\}|-?[\d.]+)rpx\b/g, 'calc($1 * var(--rpx))'),
  );
}
