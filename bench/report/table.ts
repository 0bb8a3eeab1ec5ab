/** A table in Markdown: the first columns are text, the others numbers. */
export function renderTable(head: string[], rows: string[][], textColumns: number): string {
  const rule = head.map((_, column) => (column < textColumns ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
