import { expect, test } from '@jest/globals';
import { canRead, checkSchemaVersion, schemaVersion } from './schema-version.ts';

test('the SDK here is asked for the version that it writes', async () => {
  expect(await schemaVersion()).toBe('1.22');
});

test.each([
  ['1.22', '1.22', true],
  ['1.22', '1.21', true],
  ['1.20', '1.19', true],
  ['1.22', '1.20', false],
  ['1.21', '1.19', false],
  ['1.21', '1.22', false],
  ['2.0', '1.22', false],
  ['1.22', 'odd', false],
  ['1.22', '1', false],
])('an SDK of schema %s reads a state of %s: %s', (here, parked, reads) => {
  expect(canRead(here, parked)).toBe(reads);
});

test('a state that does not fit is an error that names both versions and the choices left', async () => {
  await expect(checkSchemaVersion('1.22', 'a or b')).resolves.toBeUndefined();
  await expect(checkSchemaVersion('1.19', 'a or b')).rejects.toMatchObject({
    code: 'state_outdated',
    message: expect.stringMatching(/state schema 1\.19; here it is 1\.22\); expected a or b/),
  });
});
