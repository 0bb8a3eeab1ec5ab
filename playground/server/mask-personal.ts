const shown = 4;

/** Those of WeChat's names under which something personal stands that the emulator itself does not mask. */
const personal = new Set(['openid', 'unionid']);

/** The same with openids and the like cut short, so that one can still see that two are the same. */
export function maskPersonal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (name: string, each: unknown) =>
    personal.has(name) && typeof each === 'string' ? `${each.slice(0, shown)}…` : each,
  );
}
