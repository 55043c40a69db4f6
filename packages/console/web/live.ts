/**
 * What changes at the gateway, as it happens. One stream of server-sent events for the whole page; several changes in a
 * moment are told as one. A browser opens the stream again by itself, and then everything is read anew.
 */
type State = 'connecting' | 'live' | 'lost';

const changed = new Set<() => void>();
const looking = new Set<(state: State) => void>();
let state: State = 'connecting';
let soon: ReturnType<typeof setTimeout> | undefined;

/** Milliseconds in which changes are gathered, by chance: a change that two hundred pages hear is not asked for at once. */
const together = (): number => 100 + Math.random() * 400;

/** Hears that something changed. Returns what ends that. */
export function onChange(hear: () => void): () => void {
  changed.add(hear);
  return () => changed.delete(hear);
}

/** Hears whether the stream stands; once at once. */
export function onState(hear: (state: State) => void): () => void {
  looking.add(hear);
  hear(state);
  return () => looking.delete(hear);
}

function tell(next: State): void {
  if (next === state) return;
  state = next;
  for (const hear of looking) hear(next);
}

function changes(): void {
  soon ??= setTimeout(() => {
    soon = undefined;
    for (const hear of changed) hear();
  }, together());
}

/** Milliseconds after which a stream that was refused is asked for again, and up to as many on top. */
const againMs = 3000;

/** Opens the stream. Returns what closes it. */
export function openLive(path: string, names: readonly string[]): () => void {
  let stream: EventSource;
  let later: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    stream = new EventSource(path);
    stream.addEventListener('open', () => {
      if (state === 'lost') changes();
      tell('live');
    });
    stream.addEventListener('error', () => {
      tell('lost');
      // A browser comes back by itself to what broke, and never to what was answered with an error.
      if (stream.readyState === EventSource.CLOSED) later = setTimeout(open, againMs * (1 + Math.random()));
    });
    for (const name of names) stream.addEventListener(name, changes);
  };
  open();
  const seen = () => {
    if (document.visibilityState === 'visible') changes();
  };
  document.addEventListener('visibilitychange', seen);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    clearTimeout(later);
    stream.close();
  };
}
