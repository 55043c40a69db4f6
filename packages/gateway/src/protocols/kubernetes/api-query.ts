/** The query of an API request: parameters of the API, each once. Any other, or one twice, is refused. */

/** What lists, watches, writes, logs and commands take. None of them names a place, a user or a file. */
const known: ReadonlySet<string> = new Set([
  'allowWatchBookmarks',
  'command',
  'container',
  'continue',
  'dryRun',
  'fieldManager',
  'fieldSelector',
  'fieldValidation',
  'follow',
  'force',
  'gracePeriodSeconds',
  'hash',
  'includeObject',
  'labelSelector',
  'limit',
  'limitBytes',
  'orphanDependents',
  'pretty',
  'previous',
  'propagationPolicy',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'sinceSeconds',
  'sinceTime',
  'stderr',
  'stdin',
  'stdout',
  'stream',
  'tailLines',
  'timeout',
  'timeoutSeconds',
  'timestamps',
  'tty',
  'watch',
]);

/** Null for what is no query of the API. `command` is the only one that may stand there more than once. */
export function readQuery(text: string): ReadonlyMap<string, readonly string[]> | null {
  const query = new Map<string, string[]>();
  if (text === '') return query;
  // Between pairs, some servers take a semicolon for an ampersand.
  if (text.length > 65_536 || /[;#\s]/.test(text)) return null;
  for (const [name, value] of new URLSearchParams(text)) {
    const values = query.get(name);
    if (!known.has(name) || (values !== undefined && name !== 'command')) return null;
    if (values === undefined) query.set(name, [value]);
    else values.push(value);
  }
  return query;
}
