/** Patches, as far as the double knows them. */

type Tree = unknown;
type Mapping = Record<string, Tree>;

const isMapping = (value: Tree): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null where the patch does not fit. */
export function patched(before: Tree, patch: Tree, type: string): Tree {
  if (type === 'application/json-patch+json')
    return bySteps(structuredClone(before), patch as readonly Step[]);
  const byName = type !== 'application/merge-patch+json';
  return merged(before, patch, byName);
}

function merged(before: Tree, patch: Tree, byName: boolean): Tree {
  if (Array.isArray(patch)) return byName && Array.isArray(before) ? mergedByName(before, patch) : patch;
  if (!isMapping(patch)) return patch;
  const out: Mapping = isMapping(before) ? { ...before } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete out[key];
    else out[key] = merged(out[key], value, byName);
  }
  return out;
}

function mergedByName(before: readonly Tree[], patch: readonly Tree[]): Tree {
  const nameOf = (item: Tree) => (isMapping(item) ? item['name'] : undefined);
  if (!patch.every((item) => nameOf(item) !== undefined)) return patch;
  const rest = before.map((item) => {
    const found = patch.find((one) => nameOf(one) === nameOf(item));
    return found === undefined ? item : merged(item, found, true);
  });
  const fresh = patch.filter((item) => !before.some((one) => nameOf(one) === nameOf(item)));
  return [...rest, ...fresh];
}

interface Step {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Tree;
}

function bySteps(tree: Tree, steps: readonly Step[]): Tree {
  for (const { op, path, from, value } of steps) {
    const source = from === undefined ? undefined : at(tree, from);
    if (op === 'test') {
      if (JSON.stringify(at(tree, path)) !== JSON.stringify(value)) return null;
    } else if (op === 'remove') set(tree, path, undefined);
    else set(tree, path, op === 'copy' || op === 'move' ? source : value);
    if (op === 'move' && from !== undefined) set(tree, from, undefined);
  }
  return tree;
}

const keysOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const at = (tree: Tree, pointer: string): Tree =>
  keysOf(pointer).reduce<Tree>((value, key) => (value as Mapping | undefined)?.[key], tree);

function set(tree: Tree, pointer: string, value: Tree): void {
  const keys = keysOf(pointer);
  const last = keys.pop() ?? '';
  let place = tree as Mapping;
  for (const key of keys) place = (place[key] ??= {}) as Mapping;
  if (Array.isArray(place)) {
    if (last === '-') place.push(value);
    else if (value === undefined) place.splice(Number(last), 1);
    else place[Number(last)] = value;
  } else if (value === undefined) delete place[last];
  else place[last] = value;
}
