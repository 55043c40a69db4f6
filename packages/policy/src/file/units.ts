/** Durations and sizes as people write them. */
import { type Read, reader, wrongKind } from './read.ts';

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytes = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

export const day = milliseconds.d;
export const hour = milliseconds.h;
export const minute = milliseconds.m;
export const second = milliseconds.s;

function quantity(
  expected: string,
  units: Readonly<Record<string, number>>,
  min: number,
  max: number,
): Read<number> {
  const form = new RegExp(`^([0-9]{1,9}) ?(${Object.keys(units).join('|')})$`);
  return reader({ title: expected, type: 'string', pattern: form.source }, (tree, report) => {
    if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return wrongKind(tree, report, expected);
    const [, count, unit] = form.exec(tree.value) ?? [];
    const value = Number(count) * (units[unit ?? ''] ?? Number.NaN);
    if (value >= min && value <= max) return value;
    const wrong = Number.isNaN(value) ? 'has another form' : 'is out of range';
    report.problem(tree.at, `"${tree.value.slice(0, 40)}" ${wrong}`, { expected });
    return undefined;
  });
}

/** A duration in milliseconds: `500ms`, `30s`, `10m`, `1h`, `30d`. At least 1 ms. */
export function duration(max: number, maxAsWritten: string): Read<number> {
  return quantity(`a duration like 30s, 10m or 1h, at most ${maxAsWritten}`, milliseconds, 1, max);
}

/** A size in bytes: `512KB` is 512 × 1024. At least 1. */
export function size(max: number, maxAsWritten: string): Read<number> {
  return quantity(`a size like 512KB or 1MB, at most ${maxAsWritten}`, bytes, 1, max);
}
