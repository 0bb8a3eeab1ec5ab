import { EmptyState } from '../components/empty-state.js';
import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import { statisticsMessages } from './statistics.messages.js';

/** How often logins failed, and why. The bars compare the numbers. */
export function FailuresTable({ failures }: { failures: readonly { code: string; count: number }[] }) {
  const texts = useMessages(statisticsMessages);
  const formats = useFormats();
  const [worst] = failures;
  if (worst === undefined) return <EmptyState text={texts.noFailures} />;
  return (
    <table className="failures-table">
      <thead>
        <tr>
          <th scope="col">{texts.failure}</th>
          <th scope="col">{texts.count}</th>
        </tr>
      </thead>
      <tbody>
        {failures.map(({ code, count }) => (
          <tr key={code}>
            <th scope="row">
              {texts.codes[code] ?? code} {code in texts.codes && <code className="secondary">{code}</code>}
            </th>
            <td>
              <span className="failure-bar">
                <i style={{ width: `calc((100% - 5em) * ${count / worst.count})` }} />
                {formats.number(count)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
