/**
 * A dry run at the server: kubectl runs the line with `--dry-run=server`, against an endpoint that lets no other write
 * through, and what the API server would keep is compared with what it has. Admission webhooks hear of it, so it is made
 * only where the connection says `preview: trial`.
 */
import { type Json, type Sample, visibleText } from '@countersign/core';
import type { Masker } from '../../masking/masker.ts';
import { within } from '../../runtime/within.ts';
import type { Analysis } from '../protocol.ts';
import { member } from './api-request.ts';
import { commandAt } from './commands/index.ts';
import { analyse, kindsOf, reliedOn } from './effects.ts';
import { openEndpoint } from './endpoint.ts';
import type { KubectlCall } from './input.ts';
import type { Program } from './program.ts';
import type { Reach } from './reach.ts';
import { type KubectlEnd, runKubectl } from './run-kubectl.ts';

export interface Trial {
  /** What would become of each object, by the members that differ. */
  readonly sample: readonly Sample[];
  /** What kubectl says where it would fail, masked; null where it would not. */
  readonly refused: string | null;
}

export interface TrialParts {
  readonly program: Program;
  readonly call: KubectlCall;
  readonly analysis: Analysis;
  /** Hides from those who are asked. */
  readonly masker: Masker;
  readonly signal: AbortSignal;
}

/** Milliseconds for all of it, and bytes of what kubectl may say. */
const withinMs = 10_000;
const maxBytes = 4 * 1024 * 1024;
/** Objects, members of each, and characters of a value, that a card shows. */
const [mostObjects, mostMembers, mostText] = [20, 40, 400];

interface DryRun extends KubectlCall {
  /** Whether it prints what the API server would keep. */
  readonly prints: boolean;
}

/** The line as a dry run; null where the command knows none, or the line says already what kind of run it is. */
function asDryRun({ argv, stdin }: KubectlCall, analysis: Analysis): DryRun | null {
  const { command, namespace } = reliedOn(analysis);
  const flags = commandAt(command)?.flags;
  if (flags === undefined || !flags.has('--dry-run')) return null;
  // What is deleted to be made anew can't be rehearsed.
  const deletes = analysis.effects.some(({ action }) => action.endsWith('.delete'));
  if (command === 'replace' && deletes) return null;
  const prints = flags.has('--output') && command !== 'delete';
  const printed = prints ? ['--output=json'] : [];
  const end = argv.indexOf('--');
  const words = argv.toSpliced(end < 0 ? argv.length : end, 0, '--dry-run=server', ...printed);
  const dry: DryRun = { argv: words, stdin, prints };
  // It has to mean the same, read as kubectl will read it.
  const same =
    JSON.stringify(analyse(dry, namespace, kindsOf(analysis)).effects) === JSON.stringify(analysis.effects);
  return same && !argv.some((word) => word.startsWith('--dry')) ? dry : null;
}

/** In words, why nothing was tried. @throws the signal's reason. */
export async function tryOut(reach: Reach, parts: TrialParts): Promise<Trial | string> {
  const { analysis, masker, signal } = parts;
  const dry = asDryRun(parts.call, analysis);
  if (dry === null) return 'not tried: the command knows no dry run';
  try {
    return await within(reach.runtime, withinMs, async (late) => {
      const until = AbortSignal.any([late, signal, reach.closing]);
      const { stdout, stderr, exitCode } = await runDry(reach, { ...parts, signal: until }, dry, analysis);
      if (exitCode !== 0)
        return { sample: [], refused: visibleText((masker.cell(0, stderr.toString('utf8')) ?? '').trim()) };
      const after = dry.prints ? objectsIn(stdout) : [];
      if (after.length === 0) return { sample: [], refused: null };
      const asking: KubectlCall = {
        argv: ['get', '-f', '-', '--output=json', '--ignore-not-found'],
        stdin: after.map((one) => JSON.stringify(nameOf(one))).join('\n'),
      };
      const reading = analyse(asking, reliedOn(analysis).namespace, kindsOf(analysis));
      const { stdout: now } = await runDry(reach, { ...parts, signal: until }, asking, reading);
      return { sample: differences(objectsIn(now), after), refused: null };
    });
  } catch {
    signal.throwIfAborted();
    return 'not tried: the dry run did not come to an end';
  }
}

async function runDry(
  { cluster, runtime }: Reach,
  { program, masker, signal }: TrialParts,
  call: KubectlCall,
  analysis: Analysis,
): Promise<KubectlEnd> {
  const endpoint = await openEndpoint({
    cluster,
    runtime,
    effects: analysis.effects,
    kinds: kindsOf(analysis),
    dryRunOnly: true,
    masker,
    limits: { lifetimeMs: withinMs },
    beforeWrite: async () => undefined,
    onRequest: () => undefined,
    signal,
  });
  try {
    const { namespace } = reliedOn(analysis);
    const ended = await runKubectl({
      program,
      call,
      endpoint,
      namespace,
      needsPrograms: false,
      maxBytes,
      signal,
    });
    signal.throwIfAborted();
    if (endpoint.refused !== null || ended.truncated) throw new TypeError('more than a dry run');
    return ended;
  } finally {
    await endpoint.close();
  }
}

/** What kubectl prints of several objects is a list, or one document after the other. */
function objectsIn(stdout: Buffer): readonly Json[] {
  return stdout
    .toString('utf8')
    .split(/^(?=\{)/m)
    .filter((part) => part.trim() !== '')
    .flatMap((part) => {
      const value = JSON.parse(part) as Json;
      const items = member(value, 'items');
      return Array.isArray(items) ? items : [value];
    });
}

/** As much of an object as names it. */
function nameOf(object: Json): Json {
  const [apiVersion, kind, metadata] = ['apiVersion', 'kind', 'metadata'].map(
    (name) => member(object, name) ?? null,
  );
  const [name, namespace] = ['name', 'namespace'].map((key) => member(metadata ?? null, key));
  return {
    apiVersion: apiVersion ?? null,
    kind: kind ?? null,
    metadata: { name: name ?? null, ...(namespace === undefined ? {} : { namespace }) },
  };
}

function differences(before: readonly Json[], after: readonly Json[]): readonly Sample[] {
  const known = new Map(before.map((object) => [JSON.stringify(nameOf(object)), object]));
  return after.slice(0, mostObjects).flatMap((object) => {
    const was = known.get(JSON.stringify(nameOf(object))) ?? null;
    const [then, now] = [was === null ? new Map<string, string>() : membersOf(was), membersOf(object)];
    const names = [...new Set([...then.keys(), ...now.keys()])].filter(
      (name) => then.get(name) !== now.get(name),
    );
    const columns = names.slice(0, mostMembers);
    if (columns.length === 0) return [];
    const cells = (members: ReadonlyMap<string, string>) => columns.map((name) => members.get(name) ?? null);
    const rows = [{ before: was === null ? null : cells(then), after: cells(now) }];
    return [{ table: tableOf(object), columns, rows }];
  });
}

function tableOf(object: Json): string {
  const metadata = member(object, 'metadata');
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
  const namespace = text(member(metadata, 'namespace'));
  const what = `${text(member(object, 'kind'))} ${text(member(metadata, 'name'))}`;
  return visibleText(namespace === '' ? what : `${what} in ${namespace}`);
}

/** What names it, and what the API server, kubectl or others write. */
const leftOut: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.annotations.kubectl.kubernetes.io/last-applied-configuration',
  'status',
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.uid',
]);

/** The leaves of an object, by their paths: `spec.replicas`. */
function membersOf(object: Json): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (value: Json, path: string): void => {
    if (leftOut.has(path)) return;
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
      found.set(visibleText(path), cellOf(JSON.stringify(value)));
      return;
    }
    const members = Array.isArray(value)
      ? value.map((item, index) => [`[${index}]`, item] as const)
      : Object.entries(value);
    for (const [name, inner] of members)
      walk(
        inner,
        name.startsWith('[') && Array.isArray(value)
          ? `${path}${name}`
          : path === ''
            ? name
            : `${path}.${name}`,
      );
  };
  walk(object, '');
  return found;
}

/** What is too long for a card says how much more there is. */
const cellOf = (text: string): string =>
  text.length <= mostText
    ? visibleText(text)
    : `${visibleText(text.slice(0, mostText))}… and ${text.length - mostText} characters more`;
