/** An update of something: what is there is shown, and the update is sent only where it still is that. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openRoad, policy, type Road } from './road.ts';
import type { Answering } from './target.ts';

const masks = `masks:
  - { json_paths: ["$.iban"], with: redact }
`;

let road: Road;
beforeAll(async () => {
  road = await openRoad(policy('auth: { bearer: "${TOKEN}" }\n    preview: current', masks));
}, 60_000);
afterAll(() => road.close());

/** An invoice that a server keeps, with the versions it tells of. */
let invoice: Record<string, unknown>;
let version: number;
let tells: 'etag' | 'weak' | 'date' | 'nothing';
/** What happens between the look and the update. */
let meanwhile: (() => void) | null;

const dateOf = (n: number) => new Date(Date.UTC(2026, 0, n)).toUTCString();
const keeping: Answering = ({ method, headers, body }, response) => {
  if (method === 'GET') {
    if (tells === 'etag') response.setHeader('etag', `"${version}"`);
    if (tells === 'weak') response.setHeader('etag', 'W/"1"');
    if (tells === 'date') response.setHeader('last-modified', dateOf(version));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(invoice));
    meanwhile?.();
    return;
  }
  const { 'if-match': match, 'if-unmodified-since': since } = headers;
  if (
    (match !== undefined && match !== `"${version}"`) ||
    (since !== undefined && since !== dateOf(version))
  ) {
    response.writeHead(412).end();
    return;
  }
  invoice = method === 'DELETE' ? {} : { ...invoice, ...(JSON.parse(body) as object) };
  version++;
  response.end('{"ok":true}');
};

beforeEach(() => {
  invoice = { id: 42, total: 19.99, iban: 'CH93', note: 'x' };
  [version, tells, meanwhile] = [1, 'etag', null];
  road.target.answer(keeping);
  road.target.taken();
});

const patch = { method: 'PATCH', path: '/v1/invoices/42', body: '{"total":20,"iban":"DE00","note":"x"}' };
const writes = () => road.target.taken().filter(({ method }) => method !== 'GET');

test('the card shows what changes, masked for those who are asked', async () => {
  const { preview } = await road.card(await road.submit(patch));
  expect(preview.sample).toEqual([
    {
      table: '/v1/invoices/42',
      columns: ['total', 'iban'],
      rows: [{ before: ['19.99', '"[redacted]"'], after: ['20', '"DE00"'] }],
    },
  ]);
  expect(preview.effect?.tables).toEqual([{ table: '/v1/invoices/42', inserted: 0, updated: 1, deleted: 0 }]);
  expect(preview.notes.join('\n')).toContain('The server is told which version this was made for');
  expect(JSON.stringify(preview)).not.toContain('CH93');
  expect(writes()).toEqual([]);
});

test.each(['PUT', 'DELETE'])('%s says what goes', async (method) => {
  const input =
    method === 'PUT' ? { ...patch, method, body: '{"id":42,"total":1}' } : { method, path: patch.path };
  const { preview } = await road.card(await road.submit(input));
  expect(preview.sample?.[0]?.columns).toEqual(
    method === 'PUT' ? ['total', 'iban', 'note'] : ['id', 'total', 'iban', 'note'],
  );
});

describe.each(['etag', 'weak', 'date', 'nothing'] as const)(
  'never 17: where the server tells %s of a version',
  (what) => {
    beforeEach(() => {
      tells = what;
    });

    test('what is as it was shown is changed', async () => {
      const call = await road.submit(patch);
      await road.approve(call);
      await expect(road.execute(call)).resolves.toMatchObject({
        outcome: 'succeeded',
        result: { status: 200 },
      });
      expect(invoice).toMatchObject({ total: 20, iban: 'DE00' });
      const [sent] = writes();
      expect(sent?.headers['if-match']).toBe(what === 'etag' ? '"1"' : undefined);
      expect(sent?.headers['if-unmodified-since']).toBe(what === 'date' ? dateOf(1) : undefined);
    });

    test.each([1, 0])('what became another after the vote is not, its version too: %d', async (more) => {
      const call = await road.submit(patch);
      await road.approve(call);
      // Whoever counts by the second, or lets one version stand for what is almost the same, tells no difference.
      if (more === 0 && what === 'etag') return;
      invoice = { ...invoice, total: 5 };
      version += more;
      await expect(road.execute(call)).resolves.toMatchObject({
        outcome: 'failed',
        error: { code: 'effect_drift' },
      });
      expect(writes()).toEqual([]);
      expect(invoice).toMatchObject({ total: 5, iban: 'CH93' });
    });
  },
);

test('what becomes another in the last moment is refused by the server, and nothing is unknown', async () => {
  const call = await road.submit(patch);
  await road.approve(call);
  meanwhile = () => {
    invoice = { ...invoice, total: 7 };
    version++;
  };
  await expect(road.execute(call)).resolves.toMatchObject({
    outcome: 'failed',
    error: { code: 'effect_drift' },
  });
  expect(writes()).toHaveLength(1);
  expect(invoice).toMatchObject({ total: 7, iban: 'CH93' });
});

test('a limit: without a version, what becomes another in the last moment is changed all the same', async () => {
  tells = 'nothing';
  const call = await road.submit(patch);
  expect((await road.card(call)).preview.notes.join('\n')).toContain('could change in between');
  await road.approve(call);
  meanwhile = () => {
    invoice = { ...invoice, total: 7, other: true };
  };
  await expect(road.execute(call)).resolves.toMatchObject({ outcome: 'succeeded' });
  expect(invoice).toMatchObject({ total: 20, other: true });
});

test('a version that the agent names is its own, and a server’s refusal an answer', async () => {
  const call = await road.submit({ ...patch, headers: [['If-Match', '"0"']] });
  await road.approve(call);
  await expect(road.execute(call)).resolves.toMatchObject({ outcome: 'succeeded', result: { status: 412 } });
  expect(writes()[0]?.headers['if-match']).toBe('"0"');
});

test('never 17: a star names no version: the server is told the one that was shown', async () => {
  const call = await road.submit({ ...patch, headers: [['If-Match', '*']] });
  expect((await road.card(call)).preview.notes.join('\n')).toContain('is told which version');
  await road.approve(call);
  meanwhile = () => {
    invoice = { ...invoice, total: 7 };
    version++;
  };
  await expect(road.execute(call)).resolves.toMatchObject({ error: { code: 'effect_drift' } });
  expect(writes()[0]?.headers['if-match']).toBe('"1"');
  expect(invoice).toMatchObject({ total: 7, iban: 'CH93' });
});

test.each([
  ['If-Match', '"1", "2"'],
  ['If-Unmodified-Since', dateOf(9)],
])('a %s that lets several versions through is said to on the card', async (name, value) => {
  const { preview } = await road.card(await road.submit({ ...patch, headers: [[name, value]] }));
  expect(preview.notes.join('\n')).toContain('lets more than one version through');
});

test('what can’t be read is not bound, and the card says so', async () => {
  road.target.answer((_, response) => response.writeHead(404).end());
  const { preview } = await road.card(await road.submit(patch));
  expect(preview.effect).toBeUndefined();
  expect(preview.notes.join('\n')).toContain('nothing of it is bound: the server answered with status 404');
});
