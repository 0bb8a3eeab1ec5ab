const shown = 4;

/** Names of WeChat's fields with personal data that the emulator does not mask. */
const personal = new Set(['openid', 'unionid']);

/** Shortens openids and unionids, so that equal ones can still be recognized. */
export function maskPersonal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (name: string, each: unknown) =>
    personal.has(name) && typeof each === 'string' ? `${each.slice(0, shown)}…` : each,
  );
}
