import type { Answer } from './types.js';

/** A header of an answer: the case of their names differs between platforms. */
export function headerOf({ header }: Answer, name: string): string | undefined {
  const found = Object.keys(header || {}).find((key) => key.toLowerCase() === name);
  return found === undefined ? undefined : String(header[found]);
}
