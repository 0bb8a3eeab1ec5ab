/**
 * Takes the place of the modules of Ant Design that add `<style>` elements. The Content-Security-Policy refuses those. Style
 * sheets that a script constructs are allowed, because a script that may run may style the page anyway.
 */

interface Options {
  /** `queue`: in the order of priorities, before all others. */
  prepend?: boolean | 'queue';
  priority?: number;
}

/** As much of a `<style>` element as Ant Design uses. */
interface AdoptedStyle {
  setAttribute(name: string, value: string): void;
}

interface Entry {
  sheet: CSSStyleSheet;
  css: string;
  rank: number;
  style: AdoptedStyle;
}

/** In the order of the cascade. */
const entries = new Map<string, Entry>();

/** Adds a style sheet, or replaces the one with this key. */
export function updateCSS(css: string, key: string, { prepend, priority = 0 }: Options = {}): AdoptedStyle {
  const known = entries.get(key);
  if (known) {
    if (known.css !== css) {
      known.css = css;
      known.sheet.replaceSync(css);
    }
    return known.style;
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const rank = prepend === 'queue' ? priority : prepend ? -Infinity : Infinity;
  const style = { setAttribute: () => undefined };
  entries.set(key, { sheet, css, rank, style });
  adopt();
  return style;
}

/** Adds a style sheet that nobody replaces. */
export function injectCSS(css: string, options?: Options): AdoptedStyle {
  return updateCSS(css, css, options);
}

export function removeCSS(key: string): void {
  if (entries.delete(key)) adopt();
}

/** At once: some components measure what they have just styled. */
function adopt(): void {
  document.adoptedStyleSheets = [...entries.values()]
    .toSorted((one, other) => (one.rank === other.rank ? 0 : one.rank - other.rank))
    .map(({ sheet }) => sheet);
}

/** For the icons, which ask where to put their styles. */
export function getShadowRoot(): undefined {
  return undefined;
}

/** For the icons. */
export function warningOnce(isValid: boolean, message: string): void {
  if (!isValid) console.error(message);
}
