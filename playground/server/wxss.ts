import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { CssSyntaxError, parse as parseCss, type AtRule, type Root, type Rule } from 'postcss';
import selectorParser, { type Selector } from 'postcss-selector-parser';
import { BuildError } from './build-error.js';
import { readSource, type MiniProgram, type Unit } from './mini-program.js';

/**
 * Compiles `app.wxss` and the style sheets of all units into one CSS file.
 *
 * @throws {BuildError}
 */
export async function compileStyles({ directory, units }: MiniProgram): Promise<string> {
  const sheets = [
    { path: 'app.wxss', confine: () => {} },
    ...units.map((unit) => ({ path: `${unit.path}.wxss`, confine: confinementOf(unit) })),
  ];
  const compiled: string[] = [];
  for (const { path, confine } of sheets) {
    // Not every unit has a style sheet.
    const text = await readFile(join(directory, path), 'utf8').catch(() => '');
    const root = await parse(directory, path, text);
    root.walkRules((rule) => rewriteSelector(rule, confine));
    root.walkDecls((declaration) => {
      declaration.value = declaration.value.replaceAll(/(-?[\d.]+)rpx\b/g, 'calc($1 * var(--rpx))');
    });
    compiled.push(root.toString());
  }
  return compiled.join('\n');
}

/** Reads a style sheet with its imports. */
async function parse(directory: string, path: string, text: string): Promise<Root> {
  const root = parseText(text, path);
  const imports: AtRule[] = [];
  root.walkAtRules('import', (rule) => void imports.push(rule));
  for (const rule of imports) {
    const place = rule.params.replaceAll(/^['"]|['"]$/g, '');
    const target = posix.resolve('/', posix.dirname(path), place).slice(1);
    const imported = await parse(directory, target, await readSource(directory, target, path));
    rule.replaceWith(imported.nodes);
  }
  return root;
}

function parseText(text: string, path: string): Root {
  try {
    return parseCss(text);
  } catch (error) {
    if (!(error instanceof CssSyntaxError)) throw error;
    throw new BuildError([`${path}:${error.line}:${error.column} ${error.reason}`]);
  }
}

type Confine = (selector: Selector) => void;

function rewriteSelector(rule: Rule, confine: Confine): void {
  const { parent } = rule;
  if (parent?.type === 'atrule' && 'name' in parent && parent.name.endsWith('keyframes')) return;
  rule.selector = selectorParser((selectors) => {
    selectors.walkTags((tag) => {
      tag.value = `wx-${tag.value}`;
    });
    selectors.each(confine);
  }).processSync(rule.selector);
}

/** Limits the styles of a page or component to that page or component. */
function confinementOf({ path, scope }: Unit): Confine {
  if (scope !== null) {
    return (selector) =>
      selector.walkClasses((name) => {
        name.value = `${scope}--${name.value}`;
      });
  }
  // `:where` does not change the specificity of the selector.
  const page = `:where([data-page="${path}"])`;
  return (selector) => {
    const isPageItself = selector.first?.type === 'tag' && selector.first.value === 'wx-page';
    const confined = isPageItself
      ? selector.toString().trim().replace('wx-page', `wx-page${page}`)
      : `${page} ${selector.toString().trim()}`;
    selector.replaceWith(selectorParser().astSync(confined).first);
  };
}
