import { expect, test } from '@jest/globals';
import { parsePolicyFile } from './parse-policy-file.ts';
import { PolicyFileError } from './report.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const env = { KEY: `whsec_${key}`, SHORT: 'whsec_AAAA', BARE: key, URL: 'https://hooks.example/T0/B0' };
const load = (body: string) =>
  parsePolicyFile(`version: 1\n${body}`, { file: 'countersign.yaml', env, directory: '/' });

test('a webhook is read with what it is told, and with all of it where it does not say', () => {
  const { webhooks } = load(
    'webhooks: { chat: { url: "${URL}", secret: "${KEY}" }, own: { url: "http://127.0.0.1:8080/x", secret: "${KEY}", events: [asked, asked], allow_addresses: [10.0.0.0/8] } }',
  );
  expect(Object.fromEntries(webhooks)).toEqual({
    chat: {
      name: 'chat',
      url: 'https://hooks.example/T0/B0',
      secret: key,
      events: ['asked', 'reminded', 'decided', 'stopped', 'incident'],
      allowAddresses: [],
    },
    own: {
      name: 'own',
      url: 'http://127.0.0.1:8080/x',
      secret: key,
      events: ['asked'],
      allowAddresses: ['10.0.0.0/8'],
    },
  });
  expect(load('rules: []').webhooks.size).toBe(0);
});

test.each([
  ['{ url: "http://hooks.example", secret: "${KEY}" }', 'http:// on this machine only'],
  ['{ url: "https://u:p@hooks.example", secret: "${KEY}" }', 'without user'],
  ['{ url: "https://hooks.example" }', 'a webhook has no "secret"'],
  [`{ url: "https://hooks.example", secret: whsec_${key} }`, 'the secret of a webhook is written out'],
  ['{ url: "https://hooks.example", secret: "${SHORT}" }', 'holds no secret of a webhook'],
  ['{ url: "https://hooks.example", secret: "${BARE}" }', 'holds no secret of a webhook'],
  ['{ url: "https://hooks.example", secret: "${NONE}" }', 'the environment variable NONE is not set'],
  ['{ url: "https://hooks.example", secret: "${KEY}", events: [voted] }', '"voted" is not known here'],
])('%s is refused, without the secret', (hook, message) => {
  let thrown: unknown;
  try {
    load(`webhooks: { chat: ${hook} }`);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(PolicyFileError);
  expect((thrown as Error).message).toContain(message);
  expect((thrown as Error).message).not.toContain(key);
});

test('a reminder is read, and comes before the clock is out or not at all', () => {
  const ask = (more: string) =>
    load(`people: { d: { groups: [dba] } }\nrules: [{ then: { ask: { approvers: [dba], ${more} } } }]`).policy
      .rules[0]?.then;
  expect(ask('vote_within: 1h, remind: 10m')).toMatchObject({ ask: { remindMs: 600_000 } });
  expect(ask('vote_within: 1h')).not.toHaveProperty('ask.remindMs');
  expect(() => ask('vote_within: 10m, remind: 10m')).toThrow('the reminder comes before the question');
});
