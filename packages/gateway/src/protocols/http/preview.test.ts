import type { ConnectionConfig } from '@countersign/policy';
import { expect, test } from '@jest/globals';
import { systemRuntime } from '../../runtime/runtime.ts';
import { http } from './index.ts';

test('never 28: the card shows the request as it goes out, and the credential by its name', async () => {
  const settings = {
    base_url: 'https://api.example/api/v2',
    auth: { header: { name: 'X-Api-Key', value: 'k3y-of-the-api' } },
  };
  const target = http.connect({ name: 'api', settings } as unknown as ConnectionConfig, systemRuntime);
  const { signal } = new AbortController();
  const input = target.parse({
    method: 'POST',
    path: '/notes?x=%E2%80%AE',
    headers: [['Accept', 'text/plain']],
    body: '{"a":"\u202e"}',
  });
  const card = await target.preview(input, await target.analyse(input, signal), signal);
  expect(card.input).toEqual([
    { label: 'request', text: 'POST /api/v2/notes?x=%E2%80%AE' },
    { label: 'headers', text: 'accept: text/plain\ncontent-type: application/json' },
    { label: 'body', text: '{"a":"⟨U+202E⟩"}' },
  ]);
  expect(card.notes).toEqual([
    'Sent to https://api.example, with the connection’s credential (header x-api-key).',
  ]);
  expect(JSON.stringify(card)).not.toContain('k3y');
});
