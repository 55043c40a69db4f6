import type { Effect, Lineage } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { parsePolicyFile } from '../file/parse-policy-file.ts';
import { isFreeOfHidden, maskedTables, possibleActions } from './protection.ts';

const { policy } = parsePolicyFile(
  `version: 1
connections: { shop-db: { protocol: postgres, url: "\${URL}", labels: { env: production } } }
rules:
  - { actions: [read], resources: ["table:public.*"], then: allow }
  - { actions: [write.insert], resources: ["table:public.orders"], then: allow }
  - { actions: [admin], then: deny }
  - { connections: { labels: { env: test } }, then: allow }
masks:
  - { columns: [public.customers.ssn], with: redact, who: { groups: [agents] } }
  - { columns: ["*.*.secret"], connections: { labels: { env: test } }, with: redact }
`,
  { file: 'countersign.yaml', env: { URL: 'postgres://u@h/d' }, directory: '/' },
);
const connection = { name: 'shop-db', protocol: 'postgres', labels: { env: 'production' } } as const;
const read = (columns?: readonly string[], table = 'customers'): Effect => ({
  action: 'read',
  resource: `table:public.${table}`,
  ...(columns === undefined ? {} : { columns }),
});
const free = (effects: readonly Effect[], lineage: Partial<Lineage> = {}) =>
  isFreeOfHidden(policy, connection, {
    effects,
    lineage: { outputs: [], uses: [], usesProven: true, ...lineage },
  });

describe('a read is free of what masks hide', () => {
  test('where every column is known, and none is hidden from anybody', () => {
    expect(free([read(['id', 'name'])])).toBe(true);
    expect(free([read(undefined, 'orders')])).toBe(true);
    expect(free([read(['secret'])])).toBe(true);
    expect(free([read(['id', 'ssn'])])).toBe(false);
    expect(free([read()])).toBe(false);
    expect(free([{ action: 'read', resource: 'column:public.customers.ssn' }])).toBe(false);
  });

  test('not where a hidden column decides, or may come out, or where a grant of columns is not enough', () => {
    const use = { column: 'column:public.customers.ssn', as: 'filter' } as const;
    expect(free([read(['id'])], { uses: [use] })).toBe(false);
    expect(free([read(['id'])], { usesProven: false })).toBe(false);
    expect(free([read(['id'])], { outputs: [{ name: 'x', sources: [], proven: false }] })).toBe(false);
    expect(free([read(['xmin'])])).toBe(false);
  });
});

test('a login is given what some rule lets happen or has people asked for', () => {
  const may = possibleActions(policy, connection);
  expect(may('read', 'public', 'orders')).toBe(true);
  expect(may('read', 'crm', 'orders')).toBe(false);
  expect(may('write.insert', 'public', 'orders')).toBe(true);
  expect(may('write.update', 'public', 'orders')).toBe(false);
  expect(may('admin', 'public', 'orders')).toBe(false);
});

test('a table that a column could be hidden in is known before there is one', () => {
  const production = maskedTables(policy, connection);
  expect(production('public', 'customers')).toBe(true);
  expect(production('public', 'orders')).toBe(false);
  const everywhere = maskedTables(policy, { ...connection, labels: { env: 'test' } });
  expect(everywhere('public', 'orders')).toBe(true);
});
