/** The command line asks for something that can't be: wrong usage, told in one sentence. */
export class UsageError extends Error {
  /**
   * @param what What is wrong.
   * @param instead What to write instead.
   */
  constructor(what: string, instead: string) {
    super(`${what}; expected ${instead}.`);
    this.name = 'UsageError';
  }
}
