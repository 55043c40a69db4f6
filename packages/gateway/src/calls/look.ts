/**
 * Looks at what a call would do, at its target, before it is decided or shown: EXPLAIN, or a trial. That is an execution
 * which is rolled back: its intent and its outcome stand in the ledger, a stop ends it, and there are so many in a minute.
 */
import { createHmac } from 'node:crypto';
import {
  asCountersignError,
  type Binding,
  CountersignError,
  type Effect,
  type Lineage,
  type OutputColumn,
  type Principal,
  type Requirement,
  resource,
} from '@countersign/core';
import { decide } from '@countersign/policy';
import type { Masker } from '../masking/masker.ts';
import { redacted } from '../masking/replacements.ts';
import type { Preview } from '../protocols/protocol.ts';
import { appendEvent } from '../store/append-event.ts';
import type { NewCall } from '../store/insert-call.ts';
import { countLook } from '../store/looks.ts';
import type { Judged } from './judge.ts';
import type { Connected, Room } from './room.ts';
import { endStopped } from './stop.ts';

export type Looked = Pick<NewCall, 'id' | 'principal' | 'connection' | 'run' | 'runId'>;

export interface LookParts {
  readonly call: Looked;
  readonly connected: Connected;
  readonly judged: Judged;
  readonly signal: AbortSignal;
}

/** @throws {CountersignError} `rate_limited`, `schema_changed`, `stopped`, and what keeps the target from answering. */
export async function look(room: Room, { call, connected, judged, signal }: LookParts): Promise<Preview> {
  const { analysis, parsed, decision } = judged;
  if (analysis === null || parsed === null) throw new TypeError('a look without an analysis');
  const { target } = connected;
  const wish = {
    bind: bindingOf(decision.requirement),
    digestKey: digestKey(room, call.runId),
    makeMasker: (columns: readonly OutputColumn[]) =>
      maskerForPeople(room, call, connected, { ...decision, effects: analysis.effects }, columns),
  };
  if (!target.previewReachesTarget(parsed, analysis)) return target.preview(parsed, analysis, signal, wish);
  if (!(await countLook(room.db, call.principal))) throw new CountersignError('rate_limited');
  const tell = async (type: string, data: Record<string, string>) =>
    appendEvent(
      room.db,
      await room.ledger.event({
        type,
        actor: 'gateway',
        call: call.id,
        run: { id: call.runId, name: call.run },
        data,
      }),
    );
  await tell('preview.started', {});
  room.runtime.reached('preview.before');
  let shown: Preview;
  try {
    const running = { call: call.id, principal: call.principal, connection: call.connection };
    const place = { db: room.db, instance: room.instance, connection: call.connection };
    const looking = room.running.during(running, (stopped) => {
      const until = AbortSignal.any([signal, stopped]);
      return room.looks.inTurn(place, until, () => target.preview(parsed, analysis, until, wish));
    });
    endStopped(room);
    shown = await looking;
  } catch (thrown) {
    await tell('preview.finished', { outcome: 'rolled_back', code: asCountersignError(thrown).code });
    throw thrown;
  }
  room.runtime.reached('preview.after');
  await tell('preview.finished', { outcome: 'rolled_back', how: shown.impact.how });
  return shown;
}

/** What is bound where nobody says otherwise: all of it. */
export const bindingOf = (requirement: Pick<Requirement, 'bind'> | null): Binding =>
  requirement?.bind ?? 'exact';

/** The same for a run, so that what was shown can be compared with what is about to be committed. */
export function digestKey(room: Pick<Room, 'maskSecret'>, runId: string): Uint8Array {
  return createHmac('sha256', room.maskSecret).update(`countersign.effect.v1\n${runId}`).digest();
}

/** Hides what policy hides from any of the groups that are asked: they all see one card. */
function maskerForPeople(
  room: Room,
  call: Looked,
  { config }: Connected,
  { requirement, effects }: { readonly requirement: Requirement | null; readonly effects: readonly Effect[] },
  outputs: readonly OutputColumn[],
): Masker {
  const { name, protocol, labels } = config;
  const lineage: Lineage = { outputs, uses: [], usesProven: true };
  const scope = { secret: room.maskSecret, principal: call.principal, run: call.run };
  const groups = new Set(requirement?.asks.flatMap(({ approvers }) => approvers) ?? []);
  const maskers = [...groups].map((group) => {
    const principal: Principal = {
      class: 'person',
      id: 'person:',
      name: '',
      groups: [group],
      account: null,
      owner: null,
      onBehalfOf: null,
    };
    const question = {
      principal,
      connection: { name, protocol, labels },
      effects: shownAs(effects, name),
      lineage,
    };
    return room.makeMasker(decide(room.current().policy, question).masks, scope);
  });
  const paths = maskers.flatMap((masker) => masker.paths ?? []);
  return {
    touches: () => true,
    ...(paths.length === 0 ? {} : { paths }),
    cell: (index, text) => {
      const cells = new Set(maskers.map((masker) => masker.cell(index, text)));
      const [cell = redacted] = cells;
      return cells.size > 1 || maskers.length === 0 ? hiddenOf(cells, text) : cell;
    },
    message: () => null,
  };
}

/** A card is read: a mask that hides from what the call does, or from reading, hides from it. */
const shownAs = (effects: readonly Effect[], connection: string): readonly Effect[] => [
  ...effects,
  { action: 'read', resource: resource('connection', connection) },
];

/** Where one group may see less than another, nobody sees more than the least; two ways of hiding are hidden whole. */
function hiddenOf(cells: ReadonlySet<string | null>, text: string | null): string | null {
  const hidden = [...cells].filter((cell) => cell !== text);
  return hidden.length === 1 ? (hidden[0] ?? null) : redacted;
}
