/** A policy made ready to decide: patterns compiled once, rules indexed once for each connection. */
import { canonicalJson } from '@countersign/core';
import type { Person, Policy } from '../policy.ts';
import { type CompiledMask, compileMask } from './compiled-mask.ts';
import type { Question } from './question.ts';
import { type CompiledRule, compileRule, RuleIndex } from './rule-index.ts';

/** Connections come from the file, so there are few; the bound only keeps made-up ones from growing the map. */
const maxConnections = 1000;

export class CompiledPolicy {
  readonly masks: readonly CompiledMask[];
  readonly personByAccount: ReadonlyMap<string, Person>;
  readonly #rules: readonly CompiledRule[];
  readonly #indexes = new Map<string, RuleIndex>();

  constructor(policy: Policy) {
    this.#rules = policy.rules.map(compileRule);
    this.masks = policy.masks.map(compileMask);
    this.personByAccount = new Map(
      [...policy.people.values()].flatMap((person) =>
        person.accounts.map((account) => [account, person] as const),
      ),
    );
  }

  rulesFor(connection: Question['connection']): RuleIndex {
    const { name, protocol, labels } = connection;
    const key = canonicalJson([name, protocol, labels]);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = new RuleIndex(this.#rules, connection);
      if (this.#indexes.size >= maxConnections) this.#indexes.clear();
      this.#indexes.set(key, index);
    }
    return index;
  }
}

const compiled = new WeakMap<Policy, CompiledPolicy>();

/** The compiled form of a policy, made at its first use and kept as long as the policy lives. */
export function compile(policy: Policy): CompiledPolicy {
  let made = compiled.get(policy);
  if (made === undefined) {
    made = new CompiledPolicy(policy);
    compiled.set(policy, made);
  }
  return made;
}
