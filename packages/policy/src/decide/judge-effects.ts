/**
 * Which rules speak of a call's effects. The strictest matching rule wins: for each effect, and over all of them. An
 * effect is covered by a rule that asks for it, or by rules that allow every part of it.
 */
import { actionSchema, type Effect, splitResource } from '@countersign/core';
import { looksLikeKind } from '../resource-kinds.ts';
import { type Atom, atomsOf } from './atom.ts';
import { matchesAction, matchesAll, matchesResource, matchesWho } from './compiled-scope.ts';
import { anyColumn } from './moved-columns.ts';
import type { Question } from './question.ts';
import { speaksOfRows } from './rows-condition.ts';
import type { CompiledRule, RuleIndex } from './rule-index.ts';

export interface Match {
  readonly rule: CompiledRule['rule'];
  readonly effect: Effect;
}

export interface Judgement {
  readonly unknown: readonly Effect[];
  readonly denied: readonly Match[];
  readonly uncovered: readonly Effect[];
  readonly asked: readonly Match[];
  readonly allowed: readonly Match[];
  /** Whether a rule that could speak of it holds for some numbers of rows only. */
  readonly byRows: boolean;
}

interface Found {
  readonly unknown: Effect[];
  readonly denied: Match[];
  readonly uncovered: Effect[];
  readonly asked: Match[];
  readonly allowed: Match[];
  byRows: boolean;
}

/** @param more Effects that follow from the question's own. */
export function judgeEffects(index: RuleIndex, question: Question, more: readonly Effect[]): Judgement {
  const found: Found = { unknown: [], denied: [], uncovered: [], asked: [], allowed: [], byRows: false };
  for (const effect of [...question.effects, ...more]) {
    if (makesSense(effect)) judgeEffect(index, question, effect, found);
    else found.unknown.push(effect);
  }
  // The card of an ask for what the call does itself shows what it brings about, too.
  const asksForDirect = found.asked.some(({ effect }) => effect.via === undefined);
  const covers = (effect: Effect) =>
    asksForDirect && effect.via !== undefined && (!mustBeNamed(effect) || effect.resource === anyColumn);
  return { ...found, uncovered: found.uncovered.filter((effect) => !covers(effect)) };
}

/** Whether an effect is one that rules can speak of. */
function makesSense({ action, resource }: Effect): boolean {
  return actionSchema.safeParse(action).success && looksLikeKind(splitResource(resource).kind);
}

/** Protected data moving into a place that is not as strict: only a rule that names exactly this lets it happen. */
function mustBeNamed({ action }: Effect): boolean {
  return action === 'secret.move';
}

function judgeEffect(index: RuleIndex, question: Question, effect: Effect, found: Found): void {
  const atoms = atomsOf(effect);
  const open = new Set(atoms);
  let asked = false;
  for (const compiled of index.candidates(effect, question.principal)) {
    const { rule } = compiled;
    const matching = matchingAtoms(compiled, question, effect, atoms);
    if (matching.length === 0) continue;
    if (rule.when !== undefined) found.byRows = true;
    if (!speaksOfRows(rule, question)) continue;
    const match = { rule, effect };
    if (rule.then.verdict === 'deny') found.denied.push(match);
    else if (mustBeNamed(effect) && rule.actions?.includes(effect.action) !== true) continue;
    else if (rule.then.verdict === 'ask') {
      asked = true;
      found.asked.push(match);
    } else {
      found.allowed.push(match);
      for (const atom of matching) open.delete(atom);
    }
  }
  if (!asked && open.size > 0) found.uncovered.push(effect);
}

function matchingAtoms(
  compiled: CompiledRule,
  question: Question,
  effect: Effect,
  atoms: readonly Atom[],
): readonly Atom[] {
  const { rule, except } = compiled;
  if (!matchesWho(rule, question.principal) || !matchesAction(rule, effect.action)) return [];
  const allows = rule.then.verdict === 'allow';
  const certainty = allows ? 'surely' : 'could';
  const exceptCertainty = allows ? 'could' : 'surely';
  return atoms.filter(
    (atom) =>
      matchesResource(compiled, atom, certainty) &&
      !(except !== null && matchesAll(except, question, effect.action, atom, exceptCertainty)),
  );
}
