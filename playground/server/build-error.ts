/** Errors in the mini-program that WeChat would refuse, too. One line for each, with file and line. */
export class BuildError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join('\n'));
    this.name = 'BuildError';
  }
}
