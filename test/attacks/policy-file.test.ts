import { parsePolicyFile } from '@countersign/policy';
import { describe, expect, test } from '@jest/globals';

const parse = (more: string) =>
  parsePolicyFile(`version: 1\nconnections: { bank: { protocol: postgres, url: "\${URL}" } }\n${more}`, {
    file: 'countersign.yaml',
    env: { URL: 'postgres://agent@localhost/bank' },
    directory: '/nonexistent',
  });

describe('default deny: a line that can never speak is refused, so that nobody relies on it', () => {
  test.each([
    'column:public.customers.ssn',
    'public."customers".ssn',
    'public.customers.ssn ',
    ' public.customers.ssn',
    'public..ssn',
    'customers.ssn',
  ])('a mask of %j', (pattern) => {
    expect(() => parse(`masks: [{ columns: [${JSON.stringify(pattern)}], with: redact }]`)).toThrow(
      'has another form; expected SCHEMA.TABLE.COLUMN',
    );
  });

  test.each([
    ['table:orders', 'SCHEMA.TABLE'],
    ['table:*', 'SCHEMA.TABLE'],
    ['table:public.orders.id', 'SCHEMA.TABLE'],
    ['table:public."orders"', 'SCHEMA.TABLE'],
    ['column:public.orders', 'SCHEMA.TABLE.COLUMN'],
    ['function:f(int)', 'SCHEMA.NAME(TYPES)'],
    ['sequence:orders_id_seq', 'SCHEMA.SEQUENCE'],
  ])('a rule about %j', (pattern, form) => {
    expect(() => parse(`rules: [{ resources: [${JSON.stringify(pattern)}], then: deny }]`)).toThrow(
      `has another form; expected ${form}`,
    );
  });

  test.each(['table:public.*', 'table:**', 'table:*.orders', 'function:public.f(**', 'column:**.ssn'])(
    'but a rule about %j stands',
    (pattern) => {
      expect(parse(`rules: [{ resources: ["${pattern}"], then: deny }]`).policy.rules).toHaveLength(1);
    },
  );
});
