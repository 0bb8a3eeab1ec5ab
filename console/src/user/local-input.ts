/** A time as `<input type="datetime-local">` wants it: `2026-11-30T21:05`, in the zone of the browser. */
export function toLocalInput(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE').replace(' ', 'T').slice(0, 16);
}
