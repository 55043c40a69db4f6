/** One event of the ledger, as a person reads it. */
import { eventSchema, type LedgerEvent, type LedgerLine, type Outcome } from '@countersign/core';
import { z } from 'zod';
import { jsonOrNull } from '../json-or-null.ts';
import { printableLine } from '../terminal/printable.ts';
import type { Paint, Style } from '../terminal/terminal.ts';
import { padEnd, wrapWords } from '../terminal/width.ts';

type EventLine = Extract<LedgerLine, { readonly index: number }>;
type Data = LedgerEvent['data'];

export interface EventLayout {
  readonly paint: Paint;
  readonly width: number;
  /** Whether each line ends with the id of its call. */
  readonly ids: boolean;
}

/** Cells before what happened: index, time, actor. */
const indent = 34;

/** Index, time, who did what, and under it what was asked and why, as far as that is disclosed. */
export function eventInWords(
  { index, event, disclosed = {} }: EventLine,
  layout: EventLayout,
): readonly string[] {
  const { paint, width, ids } = layout;
  const parsed = eventSchema.safeParse(jsonOrNull(event));
  if (!parsed.success) return [`${String(index).padStart(4)}  an event of a form that is not known here`];
  const { at, actor, call } = parsed.data;
  const record = recordSchema.safeParse(jsonOrNull(disclosed['record']?.content ?? ''));
  const { words, style } = happening(parsed.data, record.success);
  const head = `${String(index).padStart(4)}  ${at.slice(11, 19)}  ${padEnd(printableLine(actor), 16)}  `;
  const said = [
    ...(record.success ? [inputInShort(record.data.input)] : []),
    ...(disclosed['reason'] === undefined ? [] : [`“${disclosed['reason'].content}”`]),
  ];
  const [first = '', ...more] = wrapWords(printableLine(words), width - indent);
  return [
    `${paint('dim', head)}${paint(style, first)}${ids && call !== null ? paint('dim', `  ${call}`) : ''}`,
    ...more.map((row) => ' '.repeat(indent) + paint(style, row)),
    ...said
      .flatMap((text) => wrapWords(printableLine(text), width - indent))
      .map((row) => ' '.repeat(indent) + paint('dim', row)),
  ];
}

interface Happening {
  readonly words: string;
  readonly style: Style;
}

/** @param asked Whether the event is a call's first, whose input stands beside it. */
function happening({ type, data }: LedgerEvent, asked: boolean): Happening {
  const plain = (words: string): Happening => ({ words, style: 'dim' });
  const good = (words: string): Happening => ({ words, style: 'green' });
  const bad = (words: string): Happening => ({ words, style: 'red' });
  const on = `asks to run on ${text(data, 'connection')}`;
  switch (type) {
    case 'policy.loaded':
      return plain(`loads the policy, version ${text(data, 'version').slice(0, 12)}`);
    case 'token.minted':
      return plain(`mints a token for ${text(data, 'class')} ${text(data, 'name')}`);
    case 'session.begun':
      return plain('signs in');
    case 'session.left':
      return plain('signs out');
    case 'session.revoked':
      return plain(`takes away the session ${text(data, 'session')}`);
    case 'session.replayed':
      return bad(`an old secret of the session ${text(data, 'session')} was used: it is ended`);
    case 'access.revoked':
      return plain('takes away all sessions and tokens of a person');
    case 'token.revoked':
      return plain(`revokes the token ${text(data, 'token')}`);
    case 'call.submitted':
      return plain(on);
    case 'call.explained':
      return plain(
        `asks how a call on ${text(data, 'connection')} would be decided: ${text(data, 'decision')}`,
      );
    case 'call.allowed':
      return good(`${on}, and may`);
    case 'call.denied':
      return bad(`${asked ? `${on}, and ` : ''}may not: ${text(data, 'code')}`);
    case 'preview.started':
      return plain('looks at the target for what it would do');
    case 'preview.finished':
      return plain(
        text(data, 'how') === 'trial' ? 'has tried it, and rolled it back' : 'has looked; nothing was kept',
      );
    case 'call.waiting':
      return { words: 'shows the card: a person has to decide', style: 'yellow' };
    case 'vote.cast':
      return text(data, 'vote') === 'approve' ? good('approves') : bad('rejects');
    case 'comment.made':
      return plain('says something about it');
    case 'approval.reminded':
      return plain('reminds those who were asked');
    case 'webhook.given_up':
      return bad(`could not tell the webhook ${text(data, 'webhook')}: ${text(data, 'delivery')}`);
    case 'call.approved':
      return good('that was the last vote it needed');
    case 'call.rejected':
      return bad('that ends it');
    case 'call.claimed':
      return plain('claims it: it can run once');
    case 'call.started':
      return plain('has reached the target');
    case 'call.requested':
      return plain('sends a request to the target');
    case 'call.succeeded':
    case 'call.failed':
    case 'call.unknown':
      return outcome(type.slice('call.'.length) as Outcome, data);
    case 'call.expired':
      return bad('one of its clocks ran out');
    case 'call.cancelled':
      return bad(`cancels it: ${text(data, 'code')}`);
    case 'call.settled':
      return plain('settles it');
    case 'run.parked':
      return plain('parks the run: its state waits, encrypted');
    case 'run.unparked':
      return plain('takes the parked run to go on with it');
    case 'run.renewed':
      return plain('still has the parked run');
    case 'run.released':
      return plain('gives the parked run back as it was');
    case 'run.finished':
      return plain('is done with the parked run; its state is erased');
    case 'stop.made':
      return bad(`stops ${text(data, 'kind')} ${text(data, 'subject')}`);
    case 'stop.lifted':
      return good(`lifts the stop ${text(data, 'stop')}`);
    case 'incident.wall_refused':
      return bad(`INCIDENT: the second wall of ${text(data, 'connection')} refused what was judged harmless`);
    case 'ledger.gap':
      return bad(`the store may have lost its last writes: ${text(data, 'why')}`);
    default:
      return plain(type.replace(/[._]/g, ' '));
  }
}

function outcome(became: Outcome, data: Data): Happening {
  const code = text(data, 'code');
  const ran = text(data, 'ran');
  switch (became) {
    case 'succeeded':
      return { words: 'it succeeded', style: 'green' };
    case 'failed':
      return { words: `it failed: ${code}${ran === '' ? '' : `, ran: ${ran}`}`, style: 'red' };
    case 'unknown':
      return { words: 'nobody can tell whether it took effect', style: 'red' };
  }
}

/** What `record` discloses of a call, as far as it is shown here. */
const recordSchema = z.object({ input: z.looseObject({}) });

function inputInShort(input: Readonly<Record<string, unknown>>): string {
  return typeof input['sql'] === 'string' ? input['sql'].replace(/\s+/g, ' ') : JSON.stringify(input);
}

function text(data: Data, name: string): string {
  const value = Object.hasOwn(data, name) ? data[name] : '';
  return typeof value === 'string' ? value : '';
}
