/** The policy reference and the editors' schema say what the readers read. */
import { readFile } from 'node:fs/promises';
import { type PolicyFileError, parsePolicyFile } from '@countersign/policy';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { policyFileSchema } from '../../packages/policy/src/file/policy-file-schema.ts';
import type { Schema } from '../../packages/policy/src/file/schema.ts';
import { blocksOf, documents } from './blocks.ts';
import { examples } from './policy-examples.ts';
import { policyFileJsonSchema, policyReference } from './policy-reference.ts';

const root = new URL('../../', import.meta.url);
const url = 'postgres://localhost/shop';
const env = {
  SHOP_DB_URL: url,
  STORE_URL: url,
  SHOP_WALL: url,
  SHOP_READ: url,
  SHOP_WRITE: url,
  CHAT_WEBHOOK_URL: 'https://hooks.example/countersign',
  CHAT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
};
const others = { BILLING_TOKEN: 'made-up', KUBECONFIG: 'kubeconfig' };

const load = (text: string) =>
  parsePolicyFile(text, { file: 'example', env: { ...env, ...others }, directory: '/' });

const refusal = (text: string): string => {
  try {
    load(text);
    return 'none';
  } catch (error) {
    return (error as PolicyFileError).code;
  }
};

const forEditors = z.fromJSONSchema(JSON.parse(policyFileJsonSchema()));

test.each([
  ['policy-reference.md', policyReference],
  ['countersign.schema.json', policyFileJsonSchema],
])('docs/%s is as `npx pnpm write-docs` writes it', async (name, made) => {
  expect(await readFile(new URL(`docs/${name}`, root), 'utf8')).toBe(made());
});

test('every example of the reference loads', () => {
  const page = policyReference();
  for (const [path, example] of examples) {
    expect(page).toContain(`### ${path}\n`);
    expect([path, refusal(`version: 1\n${example}`)]).toEqual([path, 'none']);
  }
});

describe('what the reference calls a default', () => {
  /** The defaults of a mapping, written out. */
  const defaultsOf = (schema: Schema | undefined): string =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries(schema?.properties ?? {}).flatMap(([name, { default: value }]) =>
          value === undefined ? [] : [[name, value]],
        ),
      ),
    );
  const below = (schema: Schema | undefined, ...path: readonly string[]): Schema | undefined =>
    path.reduce<Schema | undefined>((at, name) => {
      const inner = at?.items ?? at;
      const branches = [inner, ...(inner?.anyOf ?? [])];
      return branches.find((one) => one?.properties?.[name] !== undefined)?.properties?.[name];
    }, schema);
  const { server, limits, rules } = policyFileSchema.properties ?? {};

  test.each([
    ['server', `server: ${defaultsOf(server)}`],
    ['limits', `limits: ${defaultsOf(limits)}`],
  ])('changes nothing under %s where it is written out', (section, text) => {
    expect(text.length).toBeGreaterThan(30);
    const [written, left] = [load(`version: 1\n${text}`), load('version: 1')];
    const pick = ({ server: own, policy }: ReturnType<typeof load>) =>
      section === 'server' ? own : policy.limits;
    expect(pick(written)).toEqual(pick(left));
  });

  test('changes nothing in an ask, a connection, a mask where it is written out', () => {
    const ask = defaultsOf(below(rules, 'then', 'ask')).slice(1, -1);
    expect(ask).toContain('vote_within');
    const connection = policyFileSchema.properties?.['connections']?.additionalProperties || undefined;
    const [postgres] = connection?.anyOf ?? [];
    const own = defaultsOf(postgres).slice(1, -1);
    const file = (written: boolean) => `version: 1
people: { dana: { groups: [dba] } }
connections: { shop-db: { protocol: postgres, url: "${url}" } }
rules: [{ then: { ask: { approvers: [dba]${written ? `, ${ask}` : ''} } } }]
masks: [{ columns: [a.b.c], with: redact${written ? ', filter: deny' : ''} }]
`;
    const [written, left] = [load(file(true)), load(file(false))];
    expect(written.policy.rules).toEqual(left.policy.rules);
    expect(written.policy.masks).toEqual(left.policy.masks);
    const throwaway = (more: string) =>
      load(`version: 1\nconnections: { a: { protocol: postgres, url: "${url}"${more} } }`).connections.get(
        'a',
      )?.throwaway;
    expect(own).toContain('throwaway');
    expect(throwaway(`, ${own}`)).toEqual(throwaway(''));
  });
});

describe('the editors’ schema', () => {
  test('takes every policy in the documents and the examples', async () => {
    const texts = [...examples.values()].map((text) => `version: 1\n${text}`);
    for (const file of await documents())
      for (const { language, text } of await blocksOf(file))
        if (language === 'yaml' && text.startsWith('version: 1')) texts.push(text);
    for (const name of ['shop', 'worker'])
      texts.push(await readFile(new URL(`examples/${name}/countersign.yaml`, root), 'utf8'));
    for (const text of texts)
      expect([text, forEditors.safeParse(parse(text)).error]).toEqual([text, undefined]);
  });

  test.each([
    'rules: []',
    'version: 2',
    'version: 1\nserevr: {}',
    'version: 1\nlimits: { rows: 0 }',
    'version: 1\nlimits: { rows: many }',
    'version: 1\nlimits: { timeout: 60 }',
    'version: 1\nlimits: { timeout: 1 hour }',
    'version: 1\nrules: [{ name: a }]',
    'version: 1\nrules: [{ then: alow }]',
    'version: 1\nrules: [{ then: { ask: {} } }]',
    'version: 1\nrules: [{ then: { ask: { approvers: [] } } }]',
    'version: 1\nrules: [{ then: allow, when: { rows: 5 } }]',
    'version: 1\nrules: [{ then: allow, except: {} }]',
    'version: 1\nmasks: [{ columns: [a.b.c] }]',
    'version: 1\nmasks: [{ detect: [emial], with: redact }]',
    'version: 1\npeople: { dana: { group: [dba] } }',
    'version: 1\nconnections: { a: { url: "postgres://x/y" } }',
    'version: 1\nconnections: { a: { protocol: postgres, base_url: "http://x" } }',
    'version: 1\nconnections: { a: { protocol: http, base_url: "http://x", auth: {} } }',
  ])('refuses what the gateway refuses: %j', (text) => {
    expect(refusal(text)).toBe('config_invalid');
    expect(forEditors.safeParse(parse(text)).success).toBe(false);
  });
});
