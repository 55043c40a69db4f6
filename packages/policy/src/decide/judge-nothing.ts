/**
 * A call without effects (`SELECT 1`) still reaches its target, so it is not allowed for want of anything to forbid. It
 * counts as a read of nothing: rules for reading that name no resources speak of it, and whoever may read anything on
 * the connection may read nothing.
 */
import { actionCovers, type Effect, resource } from '@countersign/core';
import { matchesConnection, matchesWho } from './compiled-scope.ts';
import type { Judgement, Match } from './judge-effects.ts';
import type { Question } from './question.ts';
import { speaksOfRows } from './rows-condition.ts';
import type { CompiledRule, RuleIndex } from './rule-index.ts';

export function judgeNothing(index: RuleIndex, question: Question): Judgement {
  const effect: Effect = { action: 'read', resource: resource('connection', question.connection.name) };
  const denied: Match[] = [];
  const asked: Match[] = [];
  const allowed: Match[] = [];
  let byRows = false;
  for (const compiled of index.all('read', question.principal)) {
    const { rule, patterns } = compiled;
    if (!speaksOfReading(compiled, question)) continue;
    if (rule.when !== undefined) byRows = true;
    if (!speaksOfRows(rule, question)) continue;
    const match = { rule, effect };
    if (rule.then.verdict === 'allow') allowed.push(match);
    else if (patterns === null) (rule.then.verdict === 'deny' ? denied : asked).push(match);
    else if (rule.then.verdict === 'ask') allowed.push(match);
  }
  return { unknown: [], uncovered: [], denied, asked, allowed, byRows };
}

function speaksOfReading({ rule, except }: CompiledRule, question: Question): boolean {
  if (!matchesWho(rule, question.principal)) return false;
  if (rule.actions?.some((named) => actionCovers(named, 'read')) === false) return false;
  if (except === null || except.patterns !== null) return true;
  const { scope } = except;
  return !(
    matchesWho(scope, question.principal) &&
    matchesConnection(scope, question.connection) &&
    (scope.actions?.some((named) => actionCovers(named, 'read')) ?? true)
  );
}
