import { isUtf8 } from 'node:buffer';

/** The text of a header. Node reads headers as latin1; programs whose name is not ASCII send it in UTF-8. */
export function headerText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
