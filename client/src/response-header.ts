import type { Answer } from './types.js';

/** Reads a header by its lower-case name, because platforms write the names differently. Empty if there is none. */
export function readHeader({ header }: Answer, name: string): string {
  const found = Object.entries(header || {}).find(([key]) => key.toLowerCase() === name);
  return found ? found[1] : '';
}
