import { useFormats } from '../i18n/formats.js';

/** A time in the zone of the browser; the exact one is its title. */
export function Time({ at }: { at: string | null }) {
  const formats = useFormats();
  if (at === null) return <span className="secondary">–</span>;
  return (
    <time dateTime={at} title={formats.exactDateTime(at)}>
      {formats.dateTime(at)}
    </time>
  );
}
