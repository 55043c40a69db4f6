/** Times and lengths of time, in words and back. */
import { InvalidArgumentError } from 'commander';

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `59 minutes`, `2 days`: milliseconds in the largest unit that fits, to within a twentieth of it. */
export function lengthOfTime(ms: number): string {
  for (const [name, size] of units) {
    const count = Math.floor(ms / size + 0.05);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a second';
}

/** `in 59 minutes`, or `2 minutes ago`. */
export function fromNow(at: string, now: Date): string {
  const ms = Date.parse(at) - now.getTime();
  return ms >= 0 ? `in ${lengthOfTime(ms)}` : `${lengthOfTime(-ms)} ago`;
}

/** `11:42:07` where it is today, else `2026-11-20 11:42`; both UTC. */
export function clock(at: string, now: Date): string {
  const iso = new Date(at).toISOString();
  return iso.slice(0, 10) === now.toISOString().slice(0, 10)
    ? `${iso.slice(11, 19)} UTC`
    : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

const secondsOf = Object.freeze({ s: 1, m: 60, h: 3600, d: 86_400 });

/** Seconds of `90s`, `15m`, `8h`, `30d`. For commander: throws what it reports as a wrong argument. */
export function parseSeconds(text: string): number {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected a length of time like 90s, 15m, 8h or 30d.');
  return Number(match[1]) * secondsOf[match[2] as keyof typeof secondsOf];
}

/**
 * A moment: so long before `now`, as in `1h`, or a date, or a time in RFC 3339; UTC where it names no zone. For commander:
 * throws what it reports as a wrong argument.
 */
export function parseSince(text: string, now: Date): Date {
  const [, date, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  const at = /^[1-9][0-9]{0,8}[smhd]$/.test(text)
    ? new Date(now.getTime() - parseSeconds(text) * 1000)
    : new Date(`${date}T${time}${zone}`);
  if (at.getUTCFullYear() >= 0 && at.getUTCFullYear() <= 9999) return at;
  throw new InvalidArgumentError(
    'Expected a length of time like 15m, 1h or 7d, or a time like 2026-11-20T10:00Z.',
  );
}
