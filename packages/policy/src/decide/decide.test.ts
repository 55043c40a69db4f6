import { type Effect, type Lineage, noLineage } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { decide } from './decide.ts';
import type { Question } from './question.ts';
import { agent, ask, load, read, write } from './testing/question.ts';

const designRules = `
rules:
  - name: agents read
    who: { groups: [agents] }
    actions: [read]
    then: allow
  - name: writes need a person
    connections: { labels: { env: production } }
    actions: [write]
    except: { resources: ["table:public.agent_notes"] }
    then: { ask: { approvers: [dba], votes: 1, vote_within: 1h, start_within: 10m } }
  - name: notes are free
    actions: [write]
    resources: ["table:public.agent_notes"]
    then: allow
  - name: schema is not for agents
    actions: [schema, admin]
    then: deny
    message: Schema changes go through migrations.
`;

describe('the rules of the design', () => {
  test('a read is allowed, by the rule that says so', () => {
    expect(ask(designRules, [read('orders')])).toMatchObject({
      verdict: 'allow',
      code: 'allowed',
      rules: ['agents read'],
      requirement: null,
      startWithinMs: 600_000,
    });
  });

  test('a write asks, with the requirement of its rule', () => {
    expect(ask(designRules, [write('orders')])).toMatchObject({
      verdict: 'ask',
      code: 'needs_approval',
      reason: 'A person has to approve this.',
      rules: ['writes need a person'],
      requirement: {
        asks: [{ approvers: ['dba'], votes: 1, reason: false, rules: ['writes need a person'] }],
        voteWithinMs: 3_600_000,
        startWithinMs: 600_000,
      },
    });
  });

  test('what "except" takes out is judged by the other rules', () => {
    expect(ask(designRules, [write('agent_notes')])).toMatchObject({
      verdict: 'allow',
      rules: ['notes are free'],
    });
  });

  test("a denial gives the model the rule's message, and people the rule", () => {
    const decision = ask(designRules, [{ action: 'schema.drop', resource: 'table:public.orders' }]);
    expect(decision).toMatchObject({
      verdict: 'deny',
      code: 'denied_by_rule',
      reason: 'Schema changes go through migrations.',
      rules: ['schema is not for agents'],
    });
    expect(decision.detail).toBe('schema.drop table:public.orders by "schema is not for agents"');
  });

  test('on another connection the rule for production does not count, and nothing covers the write', () => {
    const connection = { name: 'test-db', protocol: 'postgres', labels: { env: 'test' } } as const;
    expect(ask(designRules, [write('orders')], { connection })).toMatchObject({ code: 'no_rule' });
  });
});

describe('default deny', () => {
  test('never 16: without a rule nothing is allowed', () => {
    expect(ask('rules: []', [read('orders')])).toMatchObject({
      verdict: 'deny',
      code: 'no_rule',
      reason: 'No rule allows this.',
      detail: 'no rule covers read table:public.orders',
      rules: [],
    });
  });

  test('one uncovered effect denies the call', () => {
    const effects: Effect[] = [read('orders'), { action: 'execute', resource: 'function:public.f(int)' }];
    expect(ask(designRules, effects)).toMatchObject({ verdict: 'deny', code: 'no_rule' });
  });

  test.each([
    { action: 'fly', resource: 'table:public.orders' },
    { action: 'read', resource: 'Table:public.orders' },
    { action: 'read', resource: 'public.orders' },
    { action: 'read', resource: 'table' },
    { action: '__proto__', resource: 'table:public.orders' },
    { action: 'read', resource: '__proto__:x' },
  ] as unknown as Effect[])(
    'an effect that makes no sense is denied even where all is allowed: %j',
    (effect) => {
      expect(ask('rules: [{ then: allow }]', [effect])).toMatchObject({
        verdict: 'deny',
        code: 'unknown_effect',
      });
    },
  );

  test('a call without effects is for those who may read something there', () => {
    expect(ask(designRules, [])).toMatchObject({
      verdict: 'allow',
      rules: ['agents read'],
      detail: 'read connection:shop-db by "agents read"',
    });
    expect(ask(designRules, [], { principal: { ...agent, groups: ['others'] } })).toMatchObject({
      code: 'no_rule',
    });
    expect(ask('rules: [{ actions: [read], then: deny }, { then: allow }]', [])).toMatchObject({
      code: 'denied_by_rule',
    });
    expect(ask('rules: [{ actions: [read], then: { ask: { approvers: [dba] } } }]', [])).toMatchObject({
      verdict: 'ask',
    });
    expect(
      ask('rules: [{ actions: [read], resources: ["table:public.orders"], then: allow }]', []),
    ).toMatchObject({ verdict: 'allow' });
  });
});

describe('several rules and effects', () => {
  test('the strictest rule wins, whatever the order', () => {
    const rules = ['{ then: allow }', '{ then: { ask: { approvers: [dba] } } }', '{ then: deny }'];
    for (const [first, second, verdict] of [
      [0, 1, 'ask'],
      [1, 0, 'ask'],
      [1, 2, 'deny'],
      [2, 1, 'deny'],
      [2, 0, 'deny'],
    ] as const)
      expect(ask(`rules: [${rules[first]}, ${rules[second]}]`, [read('orders')]).verdict).toBe(verdict);
  });

  test('the strictest effect wins', () => {
    expect(ask(designRules, [read('orders'), write('orders')]).verdict).toBe('ask');
    expect(ask(designRules, [write('orders'), { action: 'admin', resource: 'role:root' }]).verdict).toBe(
      'deny',
    );
  });

  test('asks for the same approvers merge, asks for others add up, and the shortest clocks count', () => {
    const decision = ask(
      `
rules:
  - { name: a, actions: [write], then: { ask: { approvers: [dba], votes: 1, vote_within: 1h, start_within: 5m } } }
  - { name: b, actions: [write], then: { ask: { approvers: [dba], votes: 2, reason: true, vote_within: 30m } } }
  - { name: c, actions: [write], then: { ask: { approvers: [security, dba], start_within: 1m } } }
`,
      [write('orders')],
    );
    expect(decision.requirement).toEqual({
      asks: [
        { approvers: ['dba'], votes: 2, reason: true, rules: ['a', 'b'] },
        { approvers: ['dba', 'security'], votes: 1, reason: false, rules: ['c'] },
      ],
      voteWithinMs: 1_800_000,
      startWithinMs: 60_000,
    });
    expect(decision.startWithinMs).toBe(60_000);
    expect(decision.rules).toEqual(['a', 'b', 'c']);
  });

  test('a rule for an action covers its refinements', () => {
    const effect: Effect = { action: 'write.delete', resource: 'table:public.orders' };
    expect(ask('rules: [{ actions: [write], then: allow }]', [effect]).verdict).toBe('allow');
    expect(ask('rules: [{ actions: [write.update], then: allow }]', [effect]).verdict).toBe('deny');
  });
});

describe('indirect effects', () => {
  test('a rule that asks for the direct effect covers them; a rule that allows it does not', () => {
    const effects = [write('orders'), write('audit', 'trigger audit_orders')];
    const orders = 'actions: [write], resources: ["table:public.orders"]';
    expect(ask(`rules: [{ ${orders}, then: { ask: { approvers: [dba] } } }]`, effects).verdict).toBe('ask');
    expect(ask(`rules: [{ ${orders}, then: allow }]`, effects)).toMatchObject({
      verdict: 'deny',
      code: 'no_rule',
      detail: 'no rule covers write table:public.audit (via trigger audit_orders)',
    });
  });

  test('an ask does not cover another direct effect', () => {
    const orders = 'actions: [write], resources: ["table:public.orders"]';
    const decision = ask(`rules: [{ ${orders}, then: { ask: { approvers: [dba] } } }]`, [
      write('orders'),
      write('x'),
    ]);
    expect(decision.code).toBe('no_rule');
  });

  test('a deny speaks of them', () => {
    const rules =
      'rules: [{ then: { ask: { approvers: [dba] } } }, { resources: ["table:public.audit"], then: deny }]';
    expect(ask(rules, [write('orders'), write('audit', 'trigger t')]).verdict).toBe('deny');
  });
});

describe('protected data on the move', () => {
  const move: Effect = { action: 'secret.move', resource: 'column:public.customers.ssn' };
  test('only a rule that names it lets it happen', () => {
    expect(ask('rules: [{ then: allow }]', [move]).code).toBe('no_rule');
    expect(ask('rules: [{ actions: [secret], then: allow }]', [move]).code).toBe('no_rule');
    expect(
      ask('rules: [{ then: { ask: { approvers: [dba] } } }]', [write('x'), { ...move, via: 'v' }]).code,
    ).toBe('no_rule');
    expect(ask('rules: [{ actions: [secret.move], then: allow }]', [move]).verdict).toBe('allow');
    expect(
      ask('rules: [{ actions: [secret.move], then: allow }, { actions: [secret], then: deny }]', [move]).code,
    ).toBe('denied_by_rule');
  });
});

describe('never 19: an open earlier outcome', () => {
  const open = { earlierOutcomeOpen: true };
  test('denies what would be allowed, and lets a rule that asks for the write ask', () => {
    expect(ask('rules: [{ then: allow }]', [write('orders')], open).code).toBe('earlier_outcome_open');
    expect(ask(designRules, [write('orders')], open).verdict).toBe('ask');
    const readsAsk =
      'rules: [{ actions: [write], then: allow }, { actions: [read], then: { ask: { approvers: [dba] } } }]';
    expect(ask(readsAsk, [write('orders'), read('orders')], open).code).toBe('earlier_outcome_open');
  });
});

test('never 51: prototype names are names like any other', () => {
  const rules = 'rules: [{ who: { groups: [agents] }, then: allow }]';
  const connection = { name: '__proto__', protocol: 'postgres', labels: {} } as const;
  expect(ask(rules, [read('constructor', '__proto__')], { connection }).verdict).toBe('allow');
  expect(
    ask('rules: [{ connections: { labels: { toString: x } }, then: allow }]', [read('o')], { connection })
      .code,
  ).toBe('no_rule');
});

const lineage: Lineage = noLineage;
test('a thousand rules that cannot match cost about what one costs', () => {
  const many = Array.from(
    { length: 1000 },
    (_, i) => `  - { name: r${i}, actions: [read], resources: ["table:public.t${i}"], then: allow }`,
  ).join('\n');
  const time = (body: string) => {
    const policy = load(body);
    const question: Question = {
      principal: agent,
      connection: { name: 'shop-db', protocol: 'postgres', labels: { env: 'production' } },
      effects: [read('t7', 'a', 'b')],
      lineage,
    };
    const round = () => {
      const start = process.hrtime.bigint();
      for (let i = 0; i < 2000; i++) decide(policy, question);
      return Number(process.hrtime.bigint() - start);
    };
    return Math.min(round(), round(), round(), round());
  };
  const one = time('rules:\n  - { name: r7, actions: [read], resources: ["table:public.t7"], then: allow }');
  expect(time(`rules:\n${many}`)).toBeLessThan(one * 5);
});
