/** Who is signed in. */
import type { Role, SessionView } from '@countersign/core';
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useState } from 'preact/hooks';
import { get, post, Refused, useCsrf } from './gateway.ts';

export type Signed =
  | { readonly as: 'unknown' }
  | { readonly as: 'nobody' }
  | { readonly as: 'unreachable'; readonly why: string }
  | { readonly as: 'somebody'; readonly session: SessionView };

/** Looks who is signed in, and looks again when the page is told so, or comes back into view. */
export function useSignedIn(): { readonly signed: Signed; readonly look: () => void } {
  const [signed, setSigned] = useState<Signed>({ as: 'unknown' });
  const look = useCallback(() => {
    get<SessionView>('/auth/session').then(
      (session) => {
        useCsrf(session.csrf);
        setSigned({ as: 'somebody', session });
      },
      (fault: unknown) => {
        if (fault instanceof Refused && (fault.status === 401 || fault.status === 404))
          setSigned({ as: 'nobody' });
        else
          setSigned((before) =>
            before.as === 'somebody' ? before : { as: 'unreachable', why: (fault as Error).message },
          );
      },
    );
  }, []);
  useEffect(look, [look]);
  return { signed, look };
}

export const SessionContext = createContext<SessionView | null>(null);

/** Whoever is signed in; only inside the frame. */
export function useSession(): SessionView {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('nobody is signed in');
  return session;
}

export const has = (session: SessionView, role: Role): boolean => session.roles.includes(role);

export async function signOut(): Promise<void> {
  await post('/auth/logout').catch(() => undefined);
  location.assign('/console');
}

/** Where signing in at a provider begins, and comes back to this page. */
export function signInPath(provider: string): string {
  const then = location.pathname + location.search;
  return `/auth/login?issuer=${encodeURIComponent(provider)}&then=${encodeURIComponent(then)}`;
}
