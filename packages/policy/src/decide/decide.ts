/**
 * The decision. It starts from deny: `allow` and `ask` are reached only where every effect is known and covered, no rule
 * forbids one, and no masked column decides what comes out.
 */
import {
  baseAction,
  type Decision,
  type DecisionCode,
  effectInShort,
  errorTable,
  type MaskPlan,
  type Verdict,
} from '@countersign/core';
import type { AskRule, Policy, Rule } from '../policy.ts';
import { compile } from './compiled-policy.ts';
import { type Judgement, judgeEffects, type Match } from './judge-effects.ts';
import { judgeNothing } from './judge-nothing.ts';
import { judgeUses, type MaskedUse } from './judge-uses.ts';
import { maskPlan, masksFor } from './mask-plan.ts';
import { movedColumns } from './moved-columns.ts';
import type { Question } from './question.ts';
import { addUp } from './requirement.ts';

/** Milliseconds from `allowed` within which a call must start. */
const startWithinMs = 10 * 60_000;

const noMoving = 'Protected data may not be written to another place.';

/** What can be repeated without doing anything twice. */
const harmless: ReadonlySet<string> = new Set(['read', 'secret']);

/**
 * Decides a call. Pure; the same question under the same policy has the same answer. A call without effects is judged
 * as a read of nothing.
 *
 * @returns the strictest of what the rules say over all effects and uses, with the mask plan of what comes back.
 */
export function decide(policy: Policy, question: Question): Decision {
  const compiled = compile(policy);
  const index = compiled.rulesFor(question.connection);
  const masks = masksFor(compiled.masks, question);
  const plan = maskPlan(masks, question);
  const effects =
    question.effects.length === 0
      ? judgeNothing(index, question)
      : judgeEffects(index, question, movedColumns(masks, question));
  const uses = judgeUses(masks, question);
  const decided = denial(effects, uses.denied, plan) ?? consent(effects, uses.asked, question, plan);
  return needsRows(effects, uses.denied, question) ? { ...decided, needsRows: true } : decided;
}

/** Whether to know the rows could make a difference: not where something forbids the call, however many they are. */
function needsRows(
  { unknown, denied, byRows }: Judgement,
  uses: readonly MaskedUse[],
  { rows }: Question,
): boolean {
  if (!byRows || rows !== undefined || unknown.length > 0 || uses.length > 0) return false;
  return denied.every(({ rule }) => rule.when !== undefined);
}

interface Parts {
  readonly verdict: Verdict;
  readonly code: DecisionCode;
  readonly reason: string;
  readonly detail: string;
  readonly rules: readonly string[];
}

function decision(parts: Parts, masks: MaskPlan): Decision {
  return { ...parts, rules: [...new Set(parts.rules)], requirement: null, startWithinMs, masks };
}

/** The denial of a call, with the code that tells most; null where nothing forbids it. */
function denial(effects: Judgement, uses: readonly MaskedUse[], masks: MaskPlan): Decision | null {
  const { unknown, denied, uncovered } = effects;
  if (unknown.length > 0)
    return deny('unknown_effect', `no rule can speak of ${listed(unknown.map(effectInShort))}`, [], masks);
  if (denied.length > 0) {
    const message = messagesOf(denied.map(({ rule }) => rule));
    return deny('denied_by_rule', matchesInWords(denied), namesOf(denied), masks, message);
  }
  if (uncovered.length > 0)
    return deny(
      'no_rule',
      `no rule covers ${listed(uncovered.map(effectInShort))}`,
      [],
      masks,
      uncovered.every(({ action }) => action === 'secret.move') ? noMoving : null,
    );
  if (effects.asked.length === 0 && effects.allowed.length === 0)
    return deny('no_rule', 'no rule speaks of this connection and principal', [], masks);
  if (uses.length > 0)
    return deny(
      'filter_on_masked',
      usesInWords(uses),
      uses.map(({ mask }) => mask.name),
      masks,
    );
  return null;
}

function deny(
  code: keyof typeof errorTable,
  detail: string,
  rules: readonly string[],
  masks: MaskPlan,
  message: string | null = null,
): Decision {
  return decision({ verdict: 'deny', code, reason: message ?? errorTable[code].model, detail, rules }, masks);
}

/** What is left once nothing forbids the call: allow or ask. */
function consent(
  effects: Judgement,
  uses: readonly MaskedUse[],
  question: Question,
  masks: MaskPlan,
): Decision {
  const { asked, allowed } = effects;
  // A rule that asks for what the call writes puts the earlier call before a person; nothing else lets it run again.
  const asksForWrite = asked.some(({ effect }) => !harmless.has(baseAction(effect.action)));
  if (question.earlierOutcomeOpen === true && !asksForWrite)
    return deny('earlier_outcome_open', errorTable.earlier_outcome_open.people, namesOf(allowed), masks);
  const asking = [
    ...asked.flatMap(({ rule }) => asksOf(rule.then, rule.name)),
    ...uses.flatMap(({ mask }) => asksOf(mask.filter, mask.name)),
  ];
  if (asking.length === 0)
    return decision(
      {
        verdict: 'allow',
        code: 'allowed',
        reason: 'Policy allows this.',
        detail: matchesInWords(allowed),
        rules: namesOf(allowed),
      },
      masks,
    );
  const requirement = addUp(asking);
  const parts: Parts = {
    verdict: 'ask',
    code: 'needs_approval',
    reason: 'A person has to approve this.',
    detail: [matchesInWords(asked), usesInWords(uses)].filter((words) => words !== '').join('; '),
    rules: asking.map(({ by }) => by),
  };
  return { ...decision(parts, masks), requirement, startWithinMs: requirement.startWithinMs };
}

function asksOf(then: Rule['then'], by: string): readonly { readonly ask: AskRule; readonly by: string }[] {
  return then.verdict === 'ask' ? [{ ask: then.ask, by }] : [];
}

function namesOf(matches: readonly Match[]): readonly string[] {
  return matches.map(({ rule }) => rule.name);
}

function messagesOf(rules: readonly Rule[]): string | null {
  const messages = new Set(rules.flatMap(({ message }) => (message === undefined ? [] : [message])));
  return messages.size === 0 ? null : [...messages].slice(0, maxMessages).join(' ');
}

/** A model reads that many messages of rules at most. */
const maxMessages = 3;

/** At most five, so that a call with a thousand effects can still be told about. */
function listed(words: readonly string[]): string {
  const distinct = [...new Set(words)];
  const more = distinct.length - 5;
  return distinct.slice(0, 5).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function matchesInWords(matches: readonly Match[]): string {
  return listed(matches.map(({ rule, effect }) => `${effectInShort(effect)} by "${rule.name}"`));
}

function usesInWords(uses: readonly MaskedUse[]): string {
  return listed(
    uses.map(({ mask, use }) =>
      use === null
        ? `columns that could not be told, which "${mask.name}" may mask`
        : `${use.as} on ${use.column}, which "${mask.name}" masks`,
    ),
  );
}
