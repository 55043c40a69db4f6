/** Other programs in kubectl's place, which tell what they were given. */
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { expect, test } from '@jest/globals';
import { systemRuntime } from '../../runtime/runtime.ts';
import type { KubectlCall } from './input.ts';
import { findProgram, type Machine, ownMachine, type Program } from './program.ts';
import { type KubectlEnd, runKubectl } from './run-kubectl.ts';

const { isRoot, nobody } = ownMachine();
const user = isRoot ? nobody : null;
const endpoint = { server: 'https://127.0.0.1:1', caPem: 'PEM', token: 'the-token' };

const run = (
  path: string,
  call: Partial<KubectlCall> = {},
  more: { maxBytes?: number; signal?: AbortSignal } = {},
): Promise<KubectlEnd> =>
  runKubectl({
    program: { path, user },
    call: { argv: [], stdin: null, ...call },
    endpoint,
    namespace: 'shop',
    needsPrograms: false,
    maxBytes: 1000,
    signal: new AbortController().signal,
    ...more,
  });
const sh = (script: string, more: Parameters<typeof run>[2] = {}, stdin: string | null = null) =>
  run('/bin/sh', { argv: ['-c', script], stdin }, more);
const said = async (ended: Promise<KubectlEnd>) => (await ended).stdout.toString();

test('its environment says where its folder is, and nothing else', async () => {
  const told = (await said(run('/usr/bin/env'))).trim().split('\n').sort();
  const [, folder = ''] = /^HOME=(.*)$/m.exec(told.join('\n')) ?? [];
  expect(told).toEqual([`HOME=${folder}`, `KUBECONFIG=${folder}/kubeconfig`, `TMPDIR=${folder}`]);
});

test('it runs in a folder of its own, which holds its kubeconfig and is gone afterwards', async () => {
  const [folder = '', ...files] = (await said(sh('pwd; ls -A'))).trim().split('\n');
  expect(files).toEqual(['kubeconfig']);
  expect(existsSync(folder)).toBe(false);
});

test('its kubeconfig leads to the endpoint, with the token of the call and the namespace that was judged', async () => {
  const config = JSON.parse(await said(sh('cat "$KUBECONFIG"'))) as Record<string, unknown>;
  expect(config).toMatchObject({
    clusters: [
      {
        cluster: {
          server: endpoint.server,
          'certificate-authority-data': Buffer.from('PEM').toString('base64'),
        },
      },
    ],
    users: [{ user: { token: 'the-token' } }],
    contexts: [{ context: { namespace: 'shop' } }],
  });
});

(isRoot ? test : test.skip)('it runs as nobody, who may not read what the gateway may', async () => {
  expect(await said(sh('id -u; id -g; id -G'))).toBe(`${nobody?.uid}\n${nobody?.gid}\n${nobody?.gid}\n`);
  const { exitCode } = await sh('cat /etc/shadow');
  expect(exitCode).not.toBe(0);
});

test('it reads its stdin, and may leave it', async () => {
  expect(await said(sh('cat', {}, 'für Zoë'))).toBe('für Zoë');
  expect((await sh('exit 3', {}, 'x'.repeat(500_000))).exitCode).toBe(3);
});

test('what it writes is cut at the cap, and it is not ended by that', async () => {
  const { stdout, stderr, truncated, exitCode } = await sh('head -c 5000 /dev/zero; echo done >&2; exit 7', {
    maxBytes: 10,
  });
  expect([stdout.length, stderr.toString(), truncated, exitCode]).toEqual([10, 'done\n', true, 7]);
});

/** Whether it is gone, or dead and not yet buried, within a second. */
async function hasEnded(pid: string): Promise<boolean> {
  const status = `/proc/${pid.trim()}/status`;
  for (let tries = 0; tries < 100; tries++) {
    if (!existsSync(status) || /^State:\tZ/m.test(readFileSync(status, 'utf8'))) return true;
    await systemRuntime.sleep(10);
  }
  return false;
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a stop ends it with all that it started', async () => {
  const { stdout, exitCode } = await sh('sleep 98765 & echo $!; wait', { signal: AbortSignal.timeout(200) });
  expect([exitCode, await hasEnded(stdout.toString())]).toEqual([null, true]);
});

onLinux('what it leaves running ends with it', async () => {
  const { stdout } = await sh('sleep 98765 > /dev/null 2>&1 & echo $!');
  expect(await hasEnded(stdout.toString())).toBe(true);
});

test('a program that is not there is an error', async () => {
  await expect(run('/no/such/kubectl')).rejects.toThrow('ENOENT');
});

const machine = (more: Partial<Machine>): Machine => ({
  path: ownMachine().path,
  isRoot: true,
  nobody: { uid: 1, gid: 2 },
  ...more,
});
const withKubectl = ownMachine()
  .path.split(':')
  .some((folder) => existsSync(`${folder}/kubectl`));
const found = (unconfined: boolean, more: Partial<Machine>): Program | string => {
  try {
    return findProgram(unconfined, machine(more));
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    return `${code}: ${message}`;
  }
};

(withKubectl ? test : test.skip)(
  'kubectl is looked for on the PATH, and runs as another user or not at all',
  () => {
    expect(found(false, {})).toMatchObject({
      path: expect.stringMatching(/^\/.*\/kubectl$/),
      user: { uid: 1, gid: 2 },
    });
    expect(found(true, { isRoot: false })).toMatchObject({ user: null });
    const refusal =
      'not_supported: This kind of statement is not supported: kubectl can’t run as another user here: the gateway is not root, and the connection does not say "unconfined: true".';
    expect(found(false, { isRoot: false })).toBe(refusal);
    expect(found(false, { nobody: null })).toBe(refusal);
  },
);

test('where there is no kubectl, that is said', () => {
  for (const path of ['', '.', 'relative', '/nowhere:/etc'])
    expect(found(true, { path })).toBe(
      'not_supported: This kind of statement is not supported: kubectl is not on the PATH of the gateway.',
    );
});
