import { type Effect, type Lineage, noLineage, type Resource } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { load } from '../file/testing/load.ts';
import { decide } from './decide.ts';
import { agent } from './testing/question.ts';

const email: Resource = 'column:public.customers.email';
const readEmail: Effect = { action: 'read', resource: 'table:public.customers', columns: ['email', 'id'] };
const notes: Effect = { action: 'write.insert', resource: 'table:public.agent_notes', columns: ['note'] };

function judge(effects: readonly Effect[], lineage: Partial<Lineage> = {}, more = '') {
  const { policy } = load(`version: 1
people: { dana: { groups: [dba], accounts: ["local:dana"] } }
connections: { shop-db: { protocol: postgres, url: "\${SHOP_DB_URL}" } }
rules:
  - { name: all, then: allow }
${more}
masks:
  - { columns: ["*.customers.email", "*.contacts.*"], with: redact, filter: allow }
  - { columns: [public.agent_notes.hashed], with: hash }
`);
  const connection = { name: 'shop-db', protocol: 'postgres', labels: {} } as const;
  return decide(policy, { principal: agent, connection, effects, lineage: { ...noLineage, ...lineage } });
}

describe('never 38: a masked value is not copied to where no mask hides it', () => {
  test('what is read, and neither returned nor decides, may be what is written', () => {
    expect(judge([readEmail, notes])).toMatchObject({
      verdict: 'deny',
      code: 'no_rule',
      reason: 'Protected data may not be written to another place.',
      detail: 'no rule covers secret.move column:public.customers.email',
    });
    expect(judge([{ action: 'read', resource: 'table:public.customers' }, notes]).code).toBe('no_rule');
    expect(judge([readEmail, { action: 'execute', resource: 'function:public.f(text)' }]).code).toBe(
      'no_rule',
    );
    expect(judge([readEmail, { action: 'schema.create', resource: 'table:public.copy' }]).code).toBe(
      'no_rule',
    );
    expect(judge([readEmail, { ...notes, columns: ['hashed'] }]).code).toBe('no_rule');
    expect(judge([readEmail, { ...notes, via: 'trigger t' }]).code).toBe('no_rule');
  });

  test('into a column masked at least as strictly it may go', () => {
    const contacts: Effect = {
      action: 'write.insert',
      resource: 'table:public.contacts',
      columns: ['address'],
    };
    expect(judge([readEmail, contacts]).verdict).toBe('allow');
    expect(judge([readEmail, { ...readEmail, action: 'write.update', columns: ['email'] }]).verdict).toBe(
      'allow',
    );
    expect(judge([readEmail, contacts, notes]).code).toBe('no_rule');
    expect(judge([readEmail, { action: 'write', resource: 'table:public.contacts' }]).code).toBe('no_rule');
  });

  const returned: Partial<Lineage> = {
    outputs: [{ name: 'email', sources: [{ column: email, how: 'as_is' }], proven: true }],
  };
  const deciding: Partial<Lineage> = { uses: [{ column: email, as: 'filter' }] };

  test('a written table may return its own column, and decide by it', () => {
    const update: Effect = { action: 'write.update', resource: 'table:public.customers', columns: ['name'] };
    expect(judge([readEmail, update], returned).verdict).toBe('allow');
    expect(judge([readEmail, update], deciding).verdict).toBe('allow');
    expect(judge([readEmail, update]).code).toBe('no_rule');
  });

  test('returning or filtering by it does not hide that it goes to another table', () => {
    expect(judge([readEmail, notes], returned).code).toBe('no_rule');
    expect(judge([readEmail, notes], deciding).code).toBe('no_rule');
  });

  test('what stores nothing moves nothing', () => {
    expect(judge([readEmail, { action: 'write.delete', resource: 'table:public.orders' }]).verdict).toBe(
      'allow',
    );
    expect(judge([readEmail, { action: 'write.lock', resource: 'table:public.customers' }]).verdict).toBe(
      'allow',
    );
    expect(judge([{ ...readEmail, columns: ['id'] }, notes]).verdict).toBe('allow');
    expect(judge([{ ...readEmail, columns: [] }, notes]).verdict).toBe('allow');
  });

  test('a rule that names the move decides it', () => {
    const rule = '  - { name: moves, actions: [secret.move], then: { ask: { approvers: [dba] } } }';
    expect(judge([readEmail, notes], {}, rule)).toMatchObject({ verdict: 'ask', rules: ['moves'] });
  });
});

describe('never 38: where the analysis tells what moves', () => {
  const name: Resource = 'column:public.customers.name';
  const note: Resource = 'column:public.agent_notes.note';
  const update: Effect = { action: 'write.update', resource: 'table:public.customers', columns: ['name'] };

  test('a masked column moves to no column that is masked less, in its own table either', () => {
    expect(judge([readEmail, notes], { moves: [{ from: email, to: note }] }).code).toBe('no_rule');
    expect(judge([readEmail, update], { moves: [{ from: email, to: name }] })).toMatchObject({
      code: 'no_rule',
      detail: 'no rule covers secret.move column:public.customers.email',
    });
  });

  test('what is read and does not move may be read', () => {
    expect(judge([readEmail, update], { moves: [] }).verdict).toBe('allow');
    expect(judge([readEmail, notes], { moves: [{ from: name, to: note }] }).verdict).toBe('allow');
    expect(
      judge([readEmail, notes], { moves: [{ from: email, to: 'column:public.contacts.address' }] }).verdict,
    ).toBe('allow');
  });

  test('what could not be told moves, and so does what a function is given', () => {
    expect(judge([notes], { moves: [{ from: 'column:*', to: note }] }).code).toBe('no_rule');
    const call: Effect = { action: 'execute', resource: 'function:public.f(text)' };
    expect(judge([readEmail, call], { moves: [] }).code).toBe('no_rule');
    expect(judge([readEmail, update, { ...call, via: 'trigger t' }], { moves: [] }).verdict).toBe('allow');
  });
});

describe('never 38: code that the call brings', () => {
  const block: Effect = { action: 'execute', resource: 'program:do' };
  const made: Effect = { action: 'schema.create', resource: 'function:public.f()' };

  test.each([block, made])(
    'may move whatever there is, so that a rule that allows it is not enough: %j',
    (effect) => {
      expect(judge([effect], { moves: [] })).toMatchObject({
        verdict: 'deny',
        code: 'no_rule',
        detail: expect.stringContaining('no rule covers secret.move column:*'),
      });
    },
  );

  test.each([block, made])('is covered by a rule that asks for it, whose card shows it: %j', (effect) => {
    const rule = '  - { name: code, actions: [execute, schema], then: { ask: { approvers: [dba] } } }';
    expect(judge([effect], { moves: [] }, rule)).toMatchObject({ verdict: 'ask', rules: ['code'] });
  });

  test('brought elsewhere, long ago, is a function like any other', () => {
    expect(judge([{ action: 'execute', resource: 'function:public.f()' }], { moves: [] }).verdict).toBe(
      'allow',
    );
    expect(judge([{ ...made, action: 'schema.drop' }], { moves: [] }).verdict).toBe('allow');
  });
});
