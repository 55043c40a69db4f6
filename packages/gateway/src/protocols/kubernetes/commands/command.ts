/** What the commands of kubectl have in common: how one is described, and what a call of it gives. */
import { CountersignError, type Effect, type Resource } from '@countersign/core';
import { type ApiVerb, actionOn, every, resourceOf } from '../actions.ts';
import { builtIn, type Kind, type Kinds } from '../kinds.ts';
import { type Manifest, readManifests } from '../manifests.ts';
import { checkName, checkNamespace } from '../names.ts';
import { type Meant, objectsMeant } from '../objects.ts';
import { type FlagSet, type Flags, flagSet } from '../pflag.ts';

/** Where an object is, or many are. */
export interface Place {
  readonly kind: Kind;
  /** {@link every} for all of them; of no account where the kind has none. */
  readonly namespace: string;
  /** {@link every} for all of them, and for one that the server will name. */
  readonly name: string;
}

/** A call of a command, taken apart. */
export interface Given {
  readonly kinds: Kinds;
  readonly flags: Flags;
  /** The words that are no flags and no command, before `--`. */
  readonly args: readonly string[];
  /** The words after `--`; null where there is none. */
  readonly rest: readonly string[] | null;
  /** What is meant where nothing else is said. */
  readonly namespace: string;
  /** Whether the line says so; a manifest must then agree. */
  readonly namespaceGiven: boolean;
  readonly stdin: string | null;
}

/** A command, and what a call of it does. */
export interface Command {
  /** `rollout restart`. */
  readonly path: string;
  /** The flags that are allowed, beside those that every command takes. */
  readonly flags: FlagSet;
  /** @throws {CountersignError} with the code of the denial. */
  effects(given: Given): readonly Effect[];
}

/** @param flags As {@link flagSet} reads them. */
export const command = (path: string, flags: string, effects: Command['effects']): Command => ({
  path,
  flags: flagSet(everyCommand, flags),
  effects,
});

const everyCommand =
  'n/namespace= request-timeout= match-server-version? warnings-as-errors? disable-compression? v/v=';

/** Flags that many commands share. */
export const prints = 'o/output= template= allow-missing-template-keys? show-managed-fields?';
export const files = 'f/filename= R/recursive?';
export const dryRuns = 'dry-run~unchanged field-manager=';
export const deletes = 'cascade~background force? grace-period= timeout= wait?';

export const malformed = (what: string, expected: string) =>
  new CountersignError('malformed', { what, expected });
export const notSupported = (what: string) => new CountersignError('not_supported', { what });

/** The effects of a verb on each of these, or on a part of it. */
export const effectsOn = (
  places: readonly Place[],
  verb: ApiVerb,
  subresource: string | null = null,
): readonly Effect[] =>
  places.map((place) => ({ action: actionOn(place.kind, verb, subresource), resource: nameOf(place) }));

/** `k8s:shop/apps/deployments/web`. */
export const nameOf = ({ kind, namespace, name }: Place): Resource => resourceOf(kind, namespace, name);

/** Whether it is of this kind, as `builtIn` knows it. */
export const isOf = ({ kind }: Place, name: string): boolean => kind === builtIn(name);

/** What is written, or, where kubectl only says what it would write, what it reads for that. */
export function writesOn(
  given: Given,
  places: readonly Place[],
  ...verbs: readonly ApiVerb[]
): readonly Effect[] {
  return isClientDryRun(given) ? effectsOn(places, 'get') : verbs.flatMap((verb) => effectsOn(places, verb));
}

/**
 * Whether nothing is sent that changes anything. A dry run at the server is no such thing: it goes through admission
 * webhooks, which are other people's programs.
 */
export function isClientDryRun({ flags }: Given): boolean {
  const said = flags.value('dry-run') ?? 'none';
  if (!['none', 'client', 'server', 'unchanged'].includes(said))
    throw malformed(`--dry-run=${said.slice(0, 40)}`, 'none, client or server');
  return said === 'client' || said === 'unchanged';
}

/** Whether `-f -` stands there. Any other file is refused. */
export function isFromStdin({ flags, stdin }: Given): boolean {
  const named = flags.list('filename');
  if (named.length === 0) return false;
  if (named.length !== 1 || named[0] !== '-')
    throw notSupported('a file, folder or URL as --filename: manifests come on stdin, with -f -');
  if (stdin === null) throw malformed('-f - without stdin', 'manifests on stdin');
  return true;
}

/** The objects of the manifests on stdin. */
export function manifestPlaces(given: Given): readonly (Place & Pick<Manifest, 'type'>)[] {
  return readManifests(given.stdin ?? '', given.kinds).map(({ kind, namespace, name, type }) => {
    if (kind.namespaced && namespace !== null) checkSame(given, namespace);
    const place = placeOf(given, { kind, name: name === null ? null : checkName(name) });
    return { ...place, ...(namespace === null ? {} : { namespace }), type };
  });
}

function checkSame({ namespace, namespaceGiven }: Given, inManifest: string): void {
  checkNamespace(inManifest);
  if (namespaceGiven && inManifest !== namespace)
    throw malformed('a manifest of another namespace than --namespace says', 'the same in both');
}

/**
 * The objects that a call is about: those of `words`, or of the manifests on stdin.
 *
 * @param all `never`: only named ones; `asked`: all of a kind where --all or a selector says so; `always`: a kind alone
 * means all of it.
 * @param kind What a bare word is a name of, where the command is about one kind only.
 */
export function placesOf(
  given: Given,
  words: readonly string[],
  all: 'never' | 'asked' | 'always' = 'asked',
  kind?: Kind,
): readonly Place[] {
  const { flags } = given;
  if (isFromStdin(given)) {
    if (words.length > 0) throw malformed('resources beside -f -', 'one of the two');
    const places = manifestPlaces(given);
    if (places.some(({ name }) => name === every))
      throw malformed('a manifest without a name', 'metadata.name');
    return places;
  }
  const selects =
    flags.value('selector') !== null || flags.value('field-selector') !== null || flags.isOn('all');
  if (kind !== undefined && words.length === 0 && selects && all !== 'never')
    return [placeOf(given, { kind, name: null })];
  const meant = objectsMeant(given.kinds, words, kind);
  if (meant.length === 0) throw malformed('no resource', 'a name');
  for (const { name, kind: one } of meant) {
    if (name === null && all !== 'always' && !(selects && all === 'asked'))
      throw malformed(
        `${one.resource} without a name`,
        'a name, or --all or a selector where the command takes one',
      );
    if (name !== null && selects) throw malformed('a name beside a selector or --all', 'one of the two');
    if (name !== null && one.namespaced && flags.isOn('all-namespaces'))
      throw malformed('a name in all namespaces', '--namespace');
  }
  return meant.map((one) => placeOf(given, one));
}

/** Where it is, as far as the line says. */
export const placeOf = ({ flags, namespace }: Given, { kind, name }: Meant): Place => ({
  kind,
  namespace: flags.isOn('all-namespaces') ? every : namespace,
  name: name ?? every,
});

/** All of a kind in the call's namespace, or the one of this name. */
export const of = (given: Given, kind: string, name: string | null = null): Place =>
  placeOf(given, { kind: builtIn(kind), name });

/** What may be printed: what names a file is no form of output. */
export function checkOutput({ flags }: Given): void {
  const output = flags.value('output');
  if (
    output !== null &&
    !/^(?:|(?:json|yaml|kyaml|name|wide|plaintext|plaintext-openapiv2)|(?:jsonpath|jsonpath-as-json|go-template|template|custom-columns)(?:=[^]*)?)$/.test(
      output,
    )
  )
    throw notSupported(`the output ${output.slice(0, 60)}`);
}

/**
 * The words of the resources, which come first, without the pairs that follow.
 *
 * @param isPair Whether a word is one of those.
 */
export function beforePairs(words: readonly string[], isPair: (word: string) => boolean): readonly string[] {
  const first = words.findIndex(isPair);
  if (first < 0) return words;
  if (!words.slice(first).every(isPair)) throw malformed('a resource after a pair', 'resources first');
  return words.slice(0, first);
}

/** `KEY=VALUE`, `KEY-`. */
export const isPair = (word: string): boolean =>
  (word.includes('=') && !word.startsWith('=')) || (word.endsWith('-') && word !== '-');
