/** Questions of the tests beside: an agent's, of a shop. */
import { type Effect, noLineage, type Principal } from '@countersign/core';
import { parsePolicyFile } from '../../file/parse-policy-file.ts';
import { decide } from '../decide.ts';
import type { Question } from '../question.ts';

const head = `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  erin: { groups: [security], accounts: ["local:erin"] }
connections:
  shop-db: { protocol: postgres, url: "\${URL}", labels: { env: production } }
  test-db: { protocol: postgres, url: "\${URL}", labels: { env: test } }
`;

/** A policy file's rules, beside people and connections. */
export const load = (body: string) =>
  parsePolicyFile(head + body, {
    file: 'countersign.yaml',
    env: { URL: 'postgres://x@y/z' },
    directory: '/d',
  }).policy;

export const agent: Principal = {
  class: 'agent',
  id: 'agent:support',
  name: 'support',
  groups: ['agents'],
  account: null,
  owner: 'dana',
  onBehalfOf: null,
};

/** What is decided of these effects. */
export function ask(body: string, effects: readonly Effect[], more: Partial<Question> = {}) {
  return decide(load(body), {
    principal: agent,
    connection: { name: 'shop-db', protocol: 'postgres', labels: { env: 'production' } },
    effects,
    lineage: noLineage,
    ...more,
  });
}

export const read = (table: string, ...columns: string[]): Effect => ({
  action: 'read',
  resource: `table:public.${table}`,
  ...(columns.length === 0 ? {} : { columns }),
});
export const write = (table: string, via?: string): Effect => ({
  action: 'write',
  resource: `table:public.${table}`,
  ...(via === undefined ? {} : { via }),
});
