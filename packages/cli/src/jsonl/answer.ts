/** One line of answer in the JSONL mode. */
import type { CountersignError } from '@countersign/core';
import type { Judgement, RunJudgement } from '../judge.ts';
import type { LineRequest } from './request.ts';

/** The answer's fields, in the order in which they are written. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly id: LineRequest['id'];
  /** 1 for the first line. */
  readonly line: number;
}

/** What `explain` answers. */
export function explainAnswer({ id, line }: Answered, judgement: Judgement): Answer {
  const { decision, code, reason, effects, rules, masks } = judgement;
  return {
    id,
    line,
    decision,
    code,
    reason,
    ...(effects === undefined ? {} : { effects: effects.map(bareEffect) }),
    ...(rules === undefined ? {} : { rules }),
    ...(masks === undefined ? {} : { masks }),
  };
}

/** What `run` answers: the same, and what became of it. */
export function runAnswer(answered: Answered, judgement: RunJudgement): Answer {
  const { outcome, result, error } = judgement;
  return {
    ...explainAnswer(answered, judgement),
    outcome,
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  };
}

/** The judgement of a call that could not be judged: denied, by the error's code. */
export function refusal(error: CountersignError): RunJudgement {
  return {
    decision: 'deny',
    code: error.code,
    reason: error.toModel(),
    effects: [],
    rules: [],
    masks: [],
    outcome: 'not_executed',
    error: { code: error.code, message: error.toModel() },
  };
}

const bareEffect = ({ action, resource, via }: NonNullable<Judgement['effects']>[number]) => ({
  action,
  resource,
  ...(via === undefined ? {} : { via }),
});
