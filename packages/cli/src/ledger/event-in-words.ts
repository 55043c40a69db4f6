/** One event of the ledger, as a person reads it. */
import { eventSchema, type LedgerEvent, type LedgerLine } from '@countersign/core';
import { z } from 'zod';
import { jsonOrNull } from '../json-or-null.ts';
import { printableLine } from '../terminal/printable.ts';
import type { Paint, Style } from '../terminal/terminal.ts';
import { padEnd, wrapLine } from '../terminal/width.ts';

type EventLine = Extract<LedgerLine, { readonly index: number }>;

/** What happened, by the event's type; any other type speaks for itself. */
const happenings: ReadonlyMap<string, readonly [string, Style]> = new Map([
  ['call.allowed', ['may run', 'green']],
  ['call.waiting', ['has to wait for a person', 'yellow']],
  ['call.denied', ['is denied', 'red']],
  ['call.approved', ['is approved', 'green']],
  ['call.rejected', ['is rejected', 'red']],
  ['call.claimed', ['is about to run', 'dim']],
  ['call.started', ['has begun at the target', 'dim']],
  ['call.succeeded', ['has run', 'green']],
  ['call.failed', ['has failed', 'red']],
  ['call.unknown', ['may have run: nobody knows', 'red']],
  ['token.minted', ['minted a token', 'dim']],
  ['token.revoked', ['revoked a token', 'dim']],
  ['vote.cast', ['voted', 'cyan']],
]);

/** What `record` discloses of a call, as far as it is shown here. */
const recordSchema = z.object({ input: z.looseObject({}), purpose: z.string().nullable() });

export interface EventLayout {
  readonly paint: Paint;
  readonly width: number;
}

/** Index, time, who and what, and under it what was asked and why, as far as it is disclosed. */
export function eventInWords(
  { index, event, disclosed }: EventLine,
  { paint, width }: EventLayout,
): readonly string[] {
  const parsed = eventSchema.safeParse(jsonOrNull(event));
  if (!parsed.success) return [`${String(index).padStart(4)}  an event of another version`];
  const { at, type, actor, data } = parsed.data;
  const [words, style] = happenings.get(type) ?? [type.replace(/[._]/g, ' '), 'dim'];
  const head = `${String(index).padStart(4)}  ${at.slice(11, 19)}  ${padEnd(printableLine(actor), 16)}  `;
  const rest = detailOf(parsed.data);
  const record = recordSchema.safeParse(jsonOrNull(disclosed?.['record']?.content ?? ''));
  const said = record.success ? [inputInShort(record.data.input)] : [];
  const reason = disclosed?.['reason']?.content;
  return [
    `${paint('dim', head)}${paint(style, words)}${rest === '' ? '' : `  ${paint('dim', rest)}`}`,
    ...[...said, ...(reason === undefined ? [] : [`“${reason}”`])]
      .flatMap((text) => wrapLine(printableLine(text), width - 34))
      .map((line) => `${' '.repeat(34)}${line}`),
  ];

  function detailOf({ call }: LedgerEvent): string {
    const facts = ['code', 'vote', 'name', 'class', 'connection', 'ran', 'version']
      .map((name) => (Object.hasOwn(data, name) ? data[name] : null))
      .filter((fact) => typeof fact === 'string' || typeof fact === 'number')
      .map((fact) => `${fact}`);
    return [...(call === null ? [] : [call]), ...facts].map(printableLine).join('  ');
  }
}

function inputInShort(input: Readonly<Record<string, unknown>>): string {
  if (typeof input['sql'] === 'string') return input['sql'].replace(/\s+/g, ' ');
  return JSON.stringify(input);
}
