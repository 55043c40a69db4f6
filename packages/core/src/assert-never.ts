/**
 * Marks the branch that a complete `switch` never reaches.
 *
 * @throws {TypeError} when it is reached all the same: a value arrived that its type rules out.
 */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
