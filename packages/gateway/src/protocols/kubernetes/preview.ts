/** What the approver sees of a kubectl call: the line, the manifests, and the objects that it is about. */
import { type Sample, visibleText } from '@countersign/core';
import type { Analysis, Preview, PreviewWish } from '../protocol.ts';
import { reliedOn } from './effects.ts';
import type { KubectlCall } from './input.ts';
import { type Affected, canBeLookedAt, effectOf, lookAt, tableOf } from './objects-there.ts';
import { findProgram } from './program.ts';
import type { Reach } from './reach.ts';
import { type Trial, type TrialParts, tryOut } from './trial.ts';
import { effectInWords, visibleLine } from './words.ts';

/** Objects of one kind that are named; the rest is counted. */
const mostNamed = 20;

/** @throws {CountersignError} `not_supported` where kubectl could not run at all: nobody is asked for that. */
export async function preview(
  reach: Reach,
  { argv, stdin }: KubectlCall,
  analysis: Analysis,
  signal: AbortSignal,
  wish?: PreviewWish,
): Promise<Preview> {
  const program = findProgram(reach.settings.unconfined);
  const { notes, ...seen } = await look(reach, { call: { argv, stdin }, program, analysis, signal }, wish);
  return {
    input: [
      { label: 'line', text: visibleLine(argv) },
      ...(stdin === null ? [] : [{ label: 'stdin', text: visibleText(stdin) }]),
    ],
    words: analysis.effects.map(effectInWords),
    ...seen,
    notes: [
      `Where it names no namespace, ${reliedOn(analysis).namespace} is meant.`,
      ...notes,
      ...(program.user === null
        ? ['kubectl runs as the gateway’s own user: the connection says "unconfined: true".']
        : []),
    ],
  };
}

async function look(
  reach: Reach,
  parts: Omit<TrialParts, 'masker'>,
  wish: PreviewWish | undefined,
): Promise<Pick<Preview, 'impact' | 'effect' | 'sample' | 'notes'>> {
  const { analysis, signal } = parts;
  if (wish === undefined || !canBeLookedAt(analysis)) return notLooked('the line does not tell which');
  const found = await lookAt(reach, analysis, signal);
  if (typeof found === 'string') return notLooked(`not looked at: ${found}`);
  const tried = await trialOf(reach, parts, wish);
  const trial = typeof tried === 'string' ? null : tried;
  const sample = trial !== null && trial.sample.length > 0 ? trial.sample : namesIn(found);
  return {
    impact: {
      count: found.length,
      unit: 'objects',
      how: trial === null ? 'estimate' : 'trial',
      why: typeof tried === 'string' ? tried : null,
    },
    effect: effectOf(found, wish),
    ...(sample.length === 0 ? {} : { sample }),
    notes: [
      ...(trial === null || trial.refused === null ? [] : [`It would fail as things are: ${trial.refused}`]),
      'The objects are looked at once more before kubectl runs: where there are others by then, or one was changed, it does not run.',
      ...(found.some(({ uid, version }) => uid !== null && version === null)
        ? ['Some of them change all the time; of those only that they are the same ones is bound.']
        : []),
    ],
  };
}

/** In words, why nothing was tried. */
async function trialOf(
  reach: Reach,
  parts: Omit<TrialParts, 'masker'>,
  wish: PreviewWish,
): Promise<Trial | string> {
  if (!reach.settings.tries) return 'as they are now';
  return await tryOut(reach, { ...parts, masker: wish.makeMasker(parts.analysis.lineage.outputs) });
}

const notLooked = (why: string): Pick<Preview, 'impact' | 'notes'> => ({
  impact: { count: null, unit: 'objects', how: 'none', why },
  notes: [],
});

/** The names of those that the line means without naming them. */
function namesIn(found: readonly Affected[]): readonly Sample[] {
  const meant = found.filter(({ selected }) => selected);
  return [...Map.groupBy(meant, tableOf)].map(([table, all]) => ({
    table,
    columns: ['name'],
    rows: all.slice(0, mostNamed).map(({ name, change }) => ({
      before: [name],
      after: change === 'deleted' ? null : [name],
    })),
  }));
}
