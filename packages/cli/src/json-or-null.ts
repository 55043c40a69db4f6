/** The value of a JSON text that a schema is going to judge; null, which no schema here accepts, where it is none. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
