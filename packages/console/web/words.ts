/** Times and numbers in words. */
const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `59 minutes`: milliseconds in the largest unit that fits. */
export function lengthOfTime(ms: number): string {
  for (const [name, size] of units) {
    const count = Math.floor(ms / size + 0.05);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'a moment';
}

/** `in 59 minutes`, `2 minutes ago`. */
export function fromNow(at: string, now: number): string {
  const ms = Date.parse(at) - now;
  return ms >= 0 ? `in ${lengthOfTime(ms)}` : `${lengthOfTime(-ms)} ago`;
}

/** The time in the reader's own zone and way; with the day where it is another. */
export function clock(at: string, now: number): string {
  const date = new Date(at);
  const today = date.toDateString() === new Date(now).toDateString();
  return date.toLocaleString([], {
    ...(today ? {} : { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

export const number = (value: number): string => value.toLocaleString('en');

/** `1 row`, `12,402 rows`: the unit comes in the plural. */
export function counted(count: number, unit: string): string {
  return `${number(count)} ${count === 1 && unit.endsWith('s') ? unit.slice(0, -1) : unit}`;
}
