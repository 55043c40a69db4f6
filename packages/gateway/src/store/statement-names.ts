/** Names for the statements that a connection prepares. The store's operations are a few texts that never change. */

/** More texts than the store has operations; what comes beyond them is not prepared. */
const most = 200;

export class StatementNames {
  readonly #names = new Map<string, string>();

  /** The name of a text, always the same one; undefined once there are too many. */
  of(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= most) return known;
    const name = `countersign_${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
