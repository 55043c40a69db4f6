import type { ColumnUse, Effect, Lineage, OutputColumn, Resource } from '@countersign/core';
import { maskNames, noLineage } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { load } from '../file/testing/load.ts';
import { decide } from './decide.ts';
import type { Question } from './question.ts';
import { agent } from './testing/question.ts';

const ssn: Resource = 'column:public.customers.ssn';
const name: Resource = 'column:public.customers.name';
const customers: Effect = { action: 'read', resource: 'table:public.customers', columns: ['name', 'ssn'] };
const orders: Effect = { action: 'read', resource: 'table:public.orders', columns: ['id'] };

const plain = (column: Resource): OutputColumn => ({
  name: 'out',
  sources: [{ column, how: 'as_is' }],
  proven: true,
});
const derived = (...columns: Resource[]): OutputColumn => ({
  name: 'out',
  sources: columns.map((column) => ({ column, how: 'derived' })),
  proven: true,
});
const unproven: OutputColumn = { name: 'out', sources: [], proven: false };

function judge(masks: string, lineage: Partial<Lineage>, more: Partial<Question> = {}) {
  const file = `version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections:
  shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}", labels: { env: production } }
  other-db: { protocol: postgres, url: "\${SHOP_DB_URL}" }
rules: [{ name: all, then: allow }]
masks:
${masks}`;
  return decide(load(file).policy, {
    principal: agent,
    connection: { name: 'shop-db', protocol: 'postgres', labels: { env: 'production' } },
    effects: [customers],
    lineage: { ...noLineage, ...lineage },
    ...more,
  });
}
const plan = (masks: string, outputs: readonly OutputColumn[], more: Partial<Question> = {}) =>
  judge(masks, { outputs }, more).masks;

const redactSsn = '  - { columns: [public.customers.ssn], with: redact }';

describe('columns', () => {
  test('a masked column is masked, another is not', () => {
    expect(plan(redactSsn, [plain(name), plain(ssn)]).columns).toEqual([
      null,
      { with: 'redact', columns: [ssn], domain: 'masks[0]', nulls: 'shown' },
    ]);
  });

  test('stars stand for one name', () => {
    const masks = '  - { columns: ["*.*.ssn"], with: redact }';
    expect(plan(masks, [plain(ssn), plain('column:public.customers.my_ssn')]).columns[1]).toBeNull();
    expect(plan(masks, [plain(ssn)]).columns[0]?.columns).toEqual([ssn]);
  });

  test('of several masks the strictest applies, over all sources', () => {
    const masks = `
  - { columns: ["*.*.ssn"], with: partial }
  - { columns: [public.customers.ssn], with: hash, domain: people }
  - { columns: ["*.*.*"], with: tokenize }`;
    expect(plan(masks, [plain(ssn)]).columns[0]).toEqual({
      with: 'hash',
      columns: [ssn],
      domain: 'people',
      nulls: 'shown',
    });
  });

  test.each(['hash', 'tokenize', 'partial'])(
    'never 38: an expression over a column with %s is redacted',
    (kind) => {
      const masks = `  - { columns: [public.customers.ssn], with: ${kind} }`;
      expect(plan(masks, [plain(ssn)]).columns[0]?.with).toBe(kind);
      expect(plan(masks, [derived(ssn)]).columns[0]?.with).toBe('redact');
      const union: OutputColumn = { ...plain(ssn), sources: [...plain(ssn).sources, ...plain(name).sources] };
      expect(plan(masks, [union]).columns[0]).toEqual({
        with: 'redact',
        columns: [ssn],
        domain: 'masks[0]',
        nulls: 'hidden',
      });
    },
  );

  test('never 38: what is not proven is redacted wherever a column mask could apply', () => {
    expect(plan(redactSsn, [unproven, { ...plain(name), proven: false }]).columns).toEqual([
      { with: 'redact', columns: ['column:*'], domain: 'masks[0]', nulls: 'hidden' },
      { with: 'redact', columns: ['column:*'], domain: 'masks[0]', nulls: 'hidden' },
    ]);
    expect(plan('  - { detect: [email], with: redact }', [unproven]).columns).toEqual([null]);
  });

  test.each(['column:*', 'column:public.customers.*', 'table:public.customers', 'column:ssn'] as Resource[])(
    'never 38: a source that is not one column proves nothing: %s',
    (column) => {
      expect(plan(redactSsn, [plain(column)]).columns[0]?.with).toBe('redact');
    },
  );

  test('a mask speaks of the connections, principals, actions and resources it names', () => {
    const masked = (keys: string, more: Partial<Question> = {}) =>
      plan(`  - { columns: ["*.*.ssn"], with: redact, ${keys} }`, [plain(ssn)], more).columns[0] !== null;
    expect(masked('connections: { names: [other-db] }')).toBe(false);
    expect(masked('connections: { labels: { env: production } }')).toBe(true);
    expect(masked('who: { groups: [agents] }')).toBe(true);
    expect(masked('who: { groups: [auditors] }')).toBe(false);
    expect(masked('except: { who: { principals: ["agent:support"] } }')).toBe(false);
    expect(masked('actions: [write]')).toBe(false);
    expect(masked('actions: [write]', { effects: [customers, { ...customers, action: 'write' }] })).toBe(
      true,
    );
    expect(masked('except: { actions: [read] }')).toBe(false);
    expect(
      masked('except: { actions: [read] }', { effects: [customers, { ...customers, action: 'write' }] }),
    ).toBe(true);
    expect(masked('resources: ["table:public.*"]')).toBe(true);
    expect(masked('resources: ["table:other.*"]')).toBe(false);
    expect(masked('except: { resources: ["table:public.customers"] }')).toBe(false);
  });
});

test('detectors are collected, and masks have the names of the outputs', () => {
  const masks = `${redactSsn}
  - { detect: [email, secret], with: redact }
  - { detect: [phone], with: partial, connections: { names: [other-db] } }`;
  const made = plan(masks, [plain(ssn)]);
  expect(made.detectors).toEqual([
    {
      with: 'redact',
      detect: ['email', 'jwt', 'private_key', 'api_key'],
      names: ['email', 'secret'],
      domain: 'masks[1]',
    },
  ]);
  expect(maskNames(made)).toEqual([
    'redact column:public.customers.ssn',
    'redact detect:email',
    'redact detect:secret',
  ]);
});

test('a detector that spares a table does not spare a call that touches none', () => {
  const mask = '  - { detect: [email], with: redact, except: { resources: ["table:public.orders"] } }';
  const detectors = (effects: readonly Effect[]) => plan(mask, [], { effects }).detectors.length;
  expect([[orders], [orders, customers], []].map(detectors)).toEqual([0, 1, 1]);
});

test('whom a mask spares whole, it does not touch where nothing is proven either', () => {
  const mask = '  - { columns: ["*.*.ssn"], with: redact, except: { who: { groups: [agents] } } }';
  expect(plan(mask, [unproven]).columns).toEqual([null]);
  const narrower = mask.replace(' } } }', ' }, resources: ["table:public.orders"] } }');
  expect(plan(narrower, [unproven]).columns[0]?.with).toBe('redact');
});

describe('never 39: a masked column that decides what comes out', () => {
  const use = (column: Resource): Partial<Lineage> => ({
    uses: [{ column, as: 'filter' } satisfies ColumnUse],
  });
  const withFilter = (filter: string) =>
    `  - { columns: [public.customers.ssn], with: redact, filter: ${filter} }`;

  test('is denied by default', () => {
    expect(judge(redactSsn, use(ssn))).toMatchObject({
      verdict: 'deny',
      code: 'filter_on_masked',
      rules: ['masks[0]'],
      reason:
        'A protected column may not be used to filter, join, sort, group, aggregate or compute. Select it as it is, or leave it out.',
      detail: 'filter on column:public.customers.ssn, which "masks[0]" masks',
    });
    expect(judge(redactSsn, use(name)).verdict).toBe('allow');
  });

  test('asks or is allowed where the mask says so, the strictest first', () => {
    const asks = withFilter('{ ask: { approvers: [dba] } }');
    expect(judge(withFilter('allow'), use(ssn)).verdict).toBe('allow');
    expect(judge(asks, use(ssn))).toMatchObject({
      verdict: 'ask',
      rules: ['masks[0]'],
      requirement: { asks: [{ approvers: ['dba'], votes: 1, rules: ['masks[0]'] }] },
    });
    expect(judge(`${asks}\n${withFilter('allow')}`, use(ssn)).verdict).toBe('ask');
    expect(judge(`${asks}\n${withFilter('deny')}`, use(ssn)).code).toBe('filter_on_masked');
  });

  test('is taken to be used where the analysis can not tell', () => {
    expect(judge(redactSsn, { usesProven: false })).toMatchObject({
      verdict: 'deny',
      code: 'filter_on_masked',
    });
    expect(judge(withFilter('{ ask: { approvers: [dba] } }'), { usesProven: false }).verdict).toBe('deny');
    expect(judge(withFilter('allow'), { usesProven: false }).verdict).toBe('allow');
    expect(judge('  - { detect: [email], with: redact }', { usesProven: false }).verdict).toBe('allow');
    expect(
      judge(redactSsn.replace('}', ', connections: { names: [other-db] } }'), { usesProven: false }).verdict,
    ).toBe('allow');
  });
});

describe("never 39: the target's own error text", () => {
  const shows = (effects: readonly Effect[], lineage: Partial<Lineage> = {}, masks = redactSsn) =>
    judge(masks, lineage, { effects }).masks.showErrors;

  test('is shown only where no protected column can stand in it', () => {
    expect(shows([orders])).toBe(true);
    expect(shows([orders, customers])).toBe(false);
    expect(shows([{ ...customers, columns: ['name'] }])).toBe(false);
    expect(shows([orders], {}, '  - { columns: ["*.*.card"], with: redact }')).toBe(false);
    expect(shows([orders], { outputs: [unproven] })).toBe(false);
    expect(shows([orders], { usesProven: false })).toBe(false);
    expect(shows([orders, { action: 'execute', resource: 'function:public.f()' }])).toBe(false);
    expect(shows([customers], {}, '  - { detect: [email], with: redact }')).toBe(true);
  });
});
