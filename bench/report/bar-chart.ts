/** Bars in groups, all from 0 on. */
export interface BarChart {
  title: string;
  /** Names of the bars of each group. */
  series: string[];
  groups: { label: string; values: (number | undefined)[] }[];
  /** A value that a line shows. */
  mark: number;
  /** Writes a value beside its bar. */
  format: (value: number) => string;
}

const width = 860;
const labelWidth = 250;
const valueWidth = 80;
const barHeight = 12;
const groupGap = 12;
const top = 64;

/** Light and dark: with the reader's system, since a picture does not know the page around it. */
const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .mark { stroke: #1f2328; stroke-dasharray: 3 3 }
  .s0 { fill: #2f6fd0 } .s1 { fill: #d9822b } .s2 { fill: #3a9d5d } .s3 { fill: #8957c9 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .mark { stroke: #e6edf3 }
    .s0 { fill: #6ea8fe } .s1 { fill: #f0a85c } .s2 { fill: #6cc58c } .s3 { fill: #b794f4 }
  }`;

/** Draws a chart as SVG. */
export function drawBarChart({ title, series, groups, mark, format }: BarChart): string {
  const groupHeight = series.length * barHeight + groupGap;
  const height = top + groups.length * groupHeight + groupGap;
  const most = Math.max(
    mark,
    ...groups.flatMap(({ values }) => values.filter((value) => value !== undefined)),
  );
  const scale = (width - labelWidth - valueWidth) / most;
  const markAt = labelWidth + mark * scale;
  const legend = series.map((name, index) => {
    const x = labelWidth + index * 150;
    return `<rect class="s${index}" x="${x}" y="36" width="12" height="12"/><text x="${x + 18}" y="46">${escapeXml(name)}</text>`;
  });
  const bars = groups.flatMap(({ label, values }, group) => {
    const y = top + group * groupHeight;
    const middle = y + (series.length * barHeight) / 2 + 4;
    return [
      `<text x="${labelWidth - 10}" y="${middle}" text-anchor="end">${escapeXml(label)}</text>`,
      ...values.map((value, index) => {
        if (value === undefined) return '';
        const barY = y + index * barHeight;
        const length = Math.max(value * scale, 1);
        return `<rect class="s${index}" x="${labelWidth}" y="${barY}" width="${length.toFixed(1)}" height="${barHeight - 2}"/><text x="${(labelWidth + length + 6).toFixed(1)}" y="${barY + barHeight - 2}">${escapeXml(format(value))}</text>`;
      }),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">
<style>${style}
</style>
<text class="title" x="10" y="22">${escapeXml(title)}</text>
${[...legend, ...bars].join('\n')}
<line class="mark" x1="${markAt.toFixed(1)}" y1="${top - 6}" x2="${markAt.toFixed(1)}" y2="${height - groupGap}"/>
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
