/** `countersign.yaml`: read whole, or refused with everything that is wrong with it. */
import { type Identity, noIdentity } from '../identity.ts';
import type { ConnectionConfig, LoadedFile, ServerConfig } from '../policy.ts';
import { checkIdentity } from './check-identity.ts';
import { connectionsReader } from './connections.ts';
import { freezeDeep } from './freeze.ts';
import { identityReader } from './identity.ts';
import { defaultLimits, readLimits } from './limits.ts';
import { masksReader } from './masks.ts';
import { groupsOf, readPeople } from './people.ts';
import { type Read, wholeNumber } from './read.ts';
import { Report } from './report.ts';
import { rulesReader } from './rules.ts';
import { labelKey, type Names } from './scope.ts';
import { isLoopback, serverReader } from './server.ts';
import { readTree, type Tree } from './tree.ts';
import type { Environment } from './variables.ts';
import { policyVersion } from './version.ts';
import { webhooksReader } from './webhooks.ts';

/** What a policy file is read with. */
export interface PolicyFileOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** What `${VAR}` is filled in from. */
  readonly env: Environment;
  /** The folder that relative paths are resolved against. */
  readonly directory: string;
}

const sections = [
  'version',
  'server',
  'identity',
  'people',
  'connections',
  'webhooks',
  'rules',
  'masks',
  'limits',
] as const;
const nothing: Tree = { kind: 'map', at: { line: 1, column: 1 }, entries: new Map() };
const none: Tree = { kind: 'list', at: nothing.at, items: [] };

/**
 * Reads a policy file. The file system is not touched; `env` is the only place that `${VAR}` comes from.
 *
 * @param text The file's content, YAML.
 * @returns deeply frozen data. What is odd and yet valid is in `warnings`.
 * @throws {PolicyFileError} with all problems of the file, in its order.
 */
export function parsePolicyFile(text: string, options: PolicyFileOptions): LoadedFile {
  const report = new Report(options.file);
  const tree = readTree(text, report);
  report.throwIfAny();
  const loaded = tree === null ? undefined : readFile(text, tree, options, report);
  report.throwIfAny();
  if (loaded === undefined) throw new TypeError('a file without problems gave nothing');
  return freezeDeep(loaded);
}

function readFile(
  text: string,
  tree: Tree,
  options: PolicyFileOptions,
  report: Report,
): LoadedFile | undefined {
  if (tree.kind !== 'map') {
    report.problem(tree.at, 'no policy file', { expected: `a mapping with ${sections.join(', ')}` });
    return undefined;
  }
  for (const { key, at } of tree.entries.values())
    if (!sections.some((section) => section === key))
      report.notOneOf(at, `unknown key "${key}"`, key, sections);
  const read = <T>(section: (typeof sections)[number], reader: Read<T>, absent: Tree): T | undefined =>
    reader(tree.entries.get(section)?.value ?? absent, report);

  if (tree.entries.has('version')) read('version', wholeNumber('version', 1, 1), nothing);
  else report.problem(tree.at, 'the file has no "version"', { expected: 'version: 1' });
  const server = read('server', serverReader(options), nothing);
  const { people, unmappedMayVote } = read('people', readPeople, nothing) ?? {
    people: new Map(),
    unmappedMayVote: false,
  };
  const identity = read('identity', identityReader(options), nothing) ?? noIdentity;
  checkIdentity(tree, identity, people, report);
  if (server !== undefined) checkPublicUrl(tree, server, identity, report);
  const limits = read('limits', readLimits, nothing) ?? defaultLimits;
  const connections = read('connections', connectionsReader(options, limits), nothing) ?? new Map();
  const groups = groupsOf(people);
  const webhooks = read('webhooks', webhooksReader(options), nothing) ?? new Map();
  const names = namesOf(tree, connections);
  const rules = read('rules', rulesReader(names, groups), none) ?? [];
  const masks = read('masks', masksReader(names, groups), none) ?? [];
  if (server === undefined || report.problems.length > 0) return undefined;
  return {
    policy: { version: policyVersion(tree), rules, masks, limits, people, unmappedMayVote, identity },
    server,
    connections,
    webhooks,
    warnings: report.warnings,
    text,
  };
}

/** Where people sign in, browsers have to be led back: to an address that an address to listen on does not tell. */
function checkPublicUrl(tree: Tree, { listen }: ServerConfig, identity: Identity, report: Report): void {
  const signIn = [...identity.issuers.values()].some((issuer) => issuer.signIn !== null);
  const section = tree.kind === 'map' ? tree.entries.get('identity') : undefined;
  if (!signIn || identity.publicUrl !== null || isLoopback(listen.host) || section === undefined) return;
  report.problem(section.at, 'people sign in, and where browsers reach the gateway is not said', {
    expected: 'public_url: https://HOST',
  });
}

/** The names that rules may use: of every connection in the file, those with problems included. */
function namesOf(tree: Tree, connections: ReadonlyMap<string, ConnectionConfig>): Names {
  const section = tree.kind === 'map' ? tree.entries.get('connections')?.value : undefined;
  const labels = [...connections.values()].flatMap((connection) => Object.entries(connection.labels));
  return {
    connections: section?.kind === 'map' ? [...section.entries.keys()] : [],
    labels: new Set(labels.map(([name, value]) => labelKey(name, value))),
  };
}
