/** The major versions of PostgreSQL whose grammar is at hand. */

/** A major version of PostgreSQL whose grammar is at hand. */
export type Major = 15 | 16 | 17 | 18;

/** 15 to 18, in order. */
export const supportedMajors: readonly Major[] = Object.freeze([15, 16, 17, 18]);

/** Whether the number is that of a supported major version: `Math.floor(server_version_num / 10000)`. */
export function isSupportedMajor(value: number): value is Major {
  return (supportedMajors as readonly number[]).includes(value);
}
