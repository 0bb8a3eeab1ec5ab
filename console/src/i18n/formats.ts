import { language, localeOf } from './language.js';

/** How the console writes times and numbers. */
export interface Formats {
  /** `2026-11-30 21:05` in the zone of the browser. */
  dateTime(iso: string): string;
  /** With seconds and the zone. */
  exactDateTime(iso: string): string;
  number(value: number): string;
}

export function useFormats(): Formats {
  const locale = localeOf[language.use()];
  const numbers = new Intl.NumberFormat(locale);
  return { dateTime, exactDateTime, number: (value) => numbers.format(value) };
}

/** The same in both languages, and it sorts. */
function dateTime(iso: string): string {
  return formatLocal(iso).slice(0, 16);
}

function exactDateTime(iso: string): string {
  const offset = -new Date(iso).getTimezoneOffset();
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return `${formatLocal(iso)} UTC${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

/** `2026-11-30 21:05:07` */
function formatLocal(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE');
}
