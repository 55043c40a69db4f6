/** Something that is read from the gateway, shown while it is read again, and read again when it changes. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, Refused } from './gateway.ts';
import { onChange } from './live.ts';

export interface Resource<T> {
  /** What was read last; null before the first answer. */
  readonly value: T | null;
  /** Why the last reading failed; null where it did not. */
  readonly error: Refused | null;
  readonly reload: () => void;
  /** Takes a newer value that came by another way, as in the answer to a vote. */
  readonly set: (value: T) => void;
}

export interface Reading {
  /** Reads it again whenever something changes at the gateway; `seen`: only while the page is looked at. */
  readonly live?: boolean | 'seen';
  /** Shows what another path gave until this one has answered. */
  readonly keep?: boolean;
}

/** Reads a path; null reads nothing. */
export function useResource<T>(
  path: string | null,
  { live = false, keep = false }: Reading = {},
): Resource<T> {
  const [value, setValue] = useState<{ readonly path: string | null; readonly value: T } | null>(null);
  const [error, setError] = useState<Refused | null>(null);
  const [turn, setTurn] = useState(0);
  const newest = useRef(0);
  useEffect(() => {
    if (path === null) return;
    const gone = new AbortController();
    const mine = ++newest.current;
    get<T>(path, gone.signal).then(
      (found) => {
        if (mine !== newest.current) return;
        setValue({ path, value: found });
        setError(null);
      },
      (fault: unknown) => {
        if (gone.signal.aborted || mine !== newest.current) return;
        setError(fault instanceof Refused ? fault : new Refused('internal', 0, String(fault)));
      },
    );
    return () => gone.abort();
  }, [path, turn]);
  const reload = useCallback(() => setTurn((turn) => turn + 1), []);
  useEffect(() => {
    if (live === false) return;
    return onChange(() => {
      if (live === true || document.visibilityState === 'visible') reload();
    });
  }, [live, reload]);
  const set = useCallback(
    (value: T) => {
      newest.current += 1;
      setValue({ path, value });
      setError(null);
    },
    [path],
  );
  return { value: value !== null && (keep || value.path === path) ? value.value : null, error, reload, set };
}
