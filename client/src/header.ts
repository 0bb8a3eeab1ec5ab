import type { Answer } from './types.js';

/** A header of an answer, empty where there is none: the case of their names differs between platforms. */
export function headerOf({ header }: Answer, name: string): string {
  const found = Object.entries(header || {}).find(([key]) => key.toLowerCase() === name);
  return found ? found[1] : '';
}
