/** One thing that is wrong with one environment variable. Never holds the value. */
export interface SettingFault {
  /** The environment variable's name. */
  name: string;
  /** What is wrong, as the end of a sentence that starts with the name. */
  fault: string;
  /** A value that would do, where one can be shown. */
  example?: string;
}

/** The environment is wrong. The message lists every fault at once, so that one correction is enough. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly SettingFault[]) {
    const lines = faults.map(({ name, fault, example }) =>
      example === undefined
        ? `  - ${name} ${fault}`
        : `  - ${name} ${fault}\n      for example: ${name}=${example}`,
    );
    super(
      `The settings are wrong, so nothing was started:\n${lines.join('\n')}\n` +
        'Each may also be given as NAME_FILE, the path of a file that holds the value. ' +
        'All settings are listed in .env.example.',
    );
  }
}
