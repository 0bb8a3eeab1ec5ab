import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import type { NamedSeries } from './line-chart.js';
import { statisticsMessages } from './statistics.messages.js';

interface DailyTableProps {
  title: string;
  days: readonly string[];
  series: readonly NamedSeries[];
}

/** The numbers of a chart, the newest day first. */
export function DailyTable({ title, days, series }: DailyTableProps) {
  const texts = useMessages(statisticsMessages);
  const formats = useFormats();
  return (
    <details className="daily-table">
      <summary>{texts.asTable}</summary>
      {/* It scrolls, so the keyboard has to reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div role="group" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.day}</th>
              {series.map(({ name, label }) => (
                <th key={name} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days
              .map((day, index) => (
                <tr key={day}>
                  <th scope="row">{day}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{formats.number(values[index]!)}</td>
                  ))}
                </tr>
              ))
              .toReversed()}
          </tbody>
        </table>
      </div>
    </details>
  );
}
