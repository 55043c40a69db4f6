import { createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileKeys, headIsSignedBy, memoryKeys } from './keys.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const head = { size: 3, root: '0'.repeat(64), at: '2026-01-01T00:00:00.000Z' };

test('keys are made once, and read back the same', () => {
  const file = join(folder, 'made', 'keys');
  const [made, read] = [fileKeys(file), fileKeys(file)];
  expect(read.master).toEqual(made.master);
  expect(headIsSignedBy(made.sign(head), createPublicKey(read.publicKeyPem))).toBe(true);
  expect(readFileSync(`${file}.pub`, 'utf8')).toBe(made.publicKeyPem);
});

test('keys that others may read are refused', () => {
  const file = join(folder, 'open');
  fileKeys(file);
  chmodSync(file, 0o640);
  expect(() => fileKeys(file)).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('mode 0600') }),
  );
});

test('a damaged keys file is an error that quotes nothing of it', () => {
  const file = join(folder, 'damaged');
  writeFileSync(file, '{"version":1,"master":"c2VjcmV0', { mode: 0o600 });
  let message = '';
  try {
    fileKeys(file);
  } catch (thrown) {
    message = `${(thrown as Error).message} ${String((thrown as Error).cause)}`;
  }
  expect(message).toContain('not a keys file');
  expect(message).not.toContain('c2VjcmV0');
});

test('a head is signed for its size, root and time, by one key', () => {
  const keys = memoryKeys();
  const signed = keys.sign(head);
  const publicKey = createPublicKey(keys.publicKeyPem);
  expect(headIsSignedBy(signed, publicKey)).toBe(true);
  for (const changed of [{ size: 4 }, { root: '1'.repeat(64) }, { at: '2026-01-02T00:00:00.000Z' }]) {
    expect(headIsSignedBy({ ...signed, ...changed }, publicKey)).toBe(false);
  }
  expect(headIsSignedBy(signed, createPublicKey(memoryKeys().publicKeyPem))).toBe(false);
});

test('the head kept outside the store only grows', () => {
  const file = join(folder, 'heads');
  const keys = fileKeys(file);
  keys.keepHead(keys.sign({ ...head, size: 9 }));
  keys.keepHead(keys.sign({ ...head, size: 4 }));
  expect(fileKeys(file).lastHead()?.size).toBe(9);
});

test('the head kept outside the store is another gateway’s, too, and a smaller one where the store goes on from it', () => {
  const file = join(folder, 'shared-heads');
  const [keys, others] = [fileKeys(file), fileKeys(file)];
  others.keepHead(keys.sign({ ...head, size: 9 }));
  expect(keys.lastHead()?.size).toBe(9);
  keys.goOnFrom(keys.sign({ ...head, size: 4 }));
  expect(others.lastHead()?.size).toBe(4);
  others.keepHead(keys.sign({ ...head, size: 5 }));
  expect(keys.lastHead()?.size).toBe(5);
});
