import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { countersign, startCountersign } from './countersign.ts';

test('the demo plays the whole loop without a terminal, says so, hides what it should, and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-demo-test-'));
  // PostgreSQL runs as another user where we are root, and has to get to its own folder below.
  await chmod(folder, 0o755);
  try {
    const { code, stdout, stderr } = await countersign(['demo'], { env: { TMPDIR: folder } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /name +Priya Raman\n +contact +\[redacted\]\n +paid_with +\[redacted\]\n +note +The lid/,
    );
    for (const line of stdout.split('\n').filter((text) => /raman|redacted/i.test(text)))
      expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).not.toMatch(/priya\.|4242|postgres:\/\//);
    expect(stdout).toContain("│   UPDATE orders SET status = 'refunded' WHERE id = 1042");
    expect(stdout).toContain('There is no terminal to ask in, so the demo approves for her.');
    expect(stdout).toContain('rows changed: 1');
    expect(stdout).toMatch(/delivered +refunded/);
    expect(stdout).toContain('NOT EXECUTED (denied_by_rule).');
    expect(stdout).toMatch(/verified: \d+ events, none missing, none changed/);
    expect(stdout).toContain("guardedTool({ gateway, sql: 'shop-db' })");
    for (const line of stdout.split('\n')) expect(line).toBe(line.trimEnd());
    expect((await readdir(folder)).filter((name) => name.startsWith('countersign-demo-'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

test('a demo whose terminal is closed puts away what it started', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-demo-test-'));
  await chmod(folder, 0o755);
  try {
    const child = startCountersign(['demo'], { env: { TMPDIR: folder } });
    child.stdout.on('data', (part: Buffer) => {
      if (part.toString().includes('a gateway, with the policy')) child.kill('SIGHUP');
    });
    child.stderr.resume();
    await once(child, 'close');
    expect(child.exitCode).toBe(130);
    expect((await readdir(folder)).filter((name) => name.startsWith('countersign-demo-'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
