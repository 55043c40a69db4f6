/** What has to be undone in the end. In place of `AsyncDisposableStack`, which Node 22 does not have. */
export class CleanUp {
  readonly #steps: (() => Promise<void>)[] = [];

  defer(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /**
   * Takes every step once, the latest first, also after one that failed.
   *
   * @throws what failed first.
   */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
