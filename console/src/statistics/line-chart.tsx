import { useState, type PointerEvent } from 'react';
import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import { countTicks, dayTicks, spreadLabels } from './chart-scale.js';
import { sum, type Series } from './daily-counts.js';
import { statisticsMessages } from './statistics.messages.js';
import { useWidth } from './use-width.js';

/** A series under the name that the chart shows. */
export interface NamedSeries extends Series {
  label: string;
}

/** How many series have a colour of their own. */
export const maxSeries = 6;

const height = 220;
const top = 12;
const bottom = 24;
const labelHeight = 18;
const dayWidth = 60;
const maxLabelShare = 0.34;

interface LineChartProps {
  title: string;
  days: readonly string[];
  series: readonly NamedSeries[];
}

/** A line for each series, with its name at its end. The pointer shows the numbers of a day; the table has all. */
export function LineChart({ title, days, series }: LineChartProps) {
  const texts = useMessages(statisticsMessages);
  const formats = useFormats();
  const [box, width] = useWidth<HTMLDivElement>();
  const [pointed, setPointed] = useState<number>();

  const ticks = countTicks(Math.max(...series.flatMap(({ values }) => values)));
  const isSingle = series.length === 1;
  const left = 12 + 7.5 * formats.number(ticks.at(-1)!).length;
  const right = isSingle ? 16 : Math.min(width * maxLabelShare, 20 + widest(series));
  const plotWidth = Math.max(1, width - left - right);
  const plotHeight = height - top - bottom;
  const xOf = (index: number) =>
    left + (days.length === 1 ? plotWidth : (plotWidth * index) / (days.length - 1));
  const yOf = (value: number) => top + plotHeight * (1 - value / ticks.at(-1)!);
  const lastIndex = days.length - 1;
  const labelPlaces = spreadLabels(
    series.map(({ values }) => yOf(values[lastIndex]!)),
    labelHeight,
    top + plotHeight,
  );
  const shown = pointed ?? lastIndex;

  function point({ clientX, currentTarget }: PointerEvent<SVGSVGElement>): void {
    const x = clientX - currentTarget.getBoundingClientRect().left - left;
    const index = Math.round((x / plotWidth) * lastIndex);
    setPointed(Math.min(lastIndex, Math.max(0, index)));
  }

  return (
    <div ref={box} className="line-chart">
      <p className="line-chart-day" aria-hidden>
        {days[shown]}
        {shown === lastIndex && ` (${texts.today})`}
        {series.map(({ name, label, values }, number) => (
          <span key={name} className={`series-${number}`}>
            {label} <strong>{formats.number(values[shown]!)}</strong>
          </span>
        ))}
      </p>
      {width > 0 && (
        <svg
          role="img"
          aria-label={describe()}
          width={width}
          height={height}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          {ticks.map((tick) => (
            <g key={tick} className="line-chart-grid">
              <line x1={left} x2={left + plotWidth} y1={yOf(tick)} y2={yOf(tick)} />
              <text x={left - 8} y={yOf(tick)} dy="0.35em" textAnchor="end">
                {formats.number(tick)}
              </text>
            </g>
          ))}
          {dayTicks(days.length, Math.floor(plotWidth / dayWidth)).map((index) => (
            <text
              key={index}
              className="line-chart-tick"
              x={xOf(index)}
              y={height - 6}
              textAnchor={index === lastIndex && isSingle ? 'end' : 'middle'}
            >
              {days[index]!.slice(5)}
            </text>
          ))}
          {pointed !== undefined && (
            <line
              className="line-chart-pointed"
              x1={xOf(pointed)}
              x2={xOf(pointed)}
              y1={top}
              y2={top + plotHeight}
            />
          )}
          {series.map(({ name, label, values }, number) => (
            <g key={name} className={`series-${number}`}>
              <path d={pathOf(values, 0, lastIndex - 1)} />
              <path d={pathOf(values, lastIndex - 1, lastIndex)} className="line-chart-today" />
              <circle cx={xOf(shown)} cy={yOf(values[shown]!)} r={4} />
              {!isSingle && (
                <text x={left + plotWidth + 10} y={labelPlaces[number]} dy="0.35em">
                  {shorten(label, right - 14)}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );

  function pathOf(values: readonly number[], first: number, last: number): string {
    const points = values.map((value, index) => `${xOf(index).toFixed(1)} ${yOf(value).toFixed(1)}`);
    return `M${points.slice(Math.max(0, first), last + 1).join('L')}`;
  }

  function describe(): string {
    const facts = series.map(({ label, values }) => {
      const max = Math.max(...values);
      return texts.seriesFacts(
        label,
        formats.number(sum(values)),
        formats.number(max),
        days[values.indexOf(max)]!,
      );
    });
    return texts.chart(title, facts.join(''));
  }
}

/** About how wide the longest label is. A Chinese character takes the room of two others. */
function widest(series: readonly NamedSeries[]): number {
  return Math.max(...series.map(({ label }) => widthOf(label)));
}

function widthOf(text: string): number {
  return Array.from(text).reduce((width, character) => width + (character > '\u2E7F' ? 13.5 : 7.2), 0);
}

/** Leaves out the middle: names differ at their beginning, appids at their end. */
function shorten(text: string, maxWidth: number): string {
  const characters = Array.from(text);
  for (let kept = characters.length; kept > 1; kept -= 1) {
    const short =
      kept === characters.length
        ? text
        : `${characters.slice(0, Math.floor(kept / 2)).join('')}…${characters.slice(-Math.ceil(kept / 2)).join('')}`;
    if (widthOf(short) <= maxWidth) return short;
  }
  return '…';
}
