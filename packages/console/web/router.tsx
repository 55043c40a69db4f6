/** Where in the console we are: the path below `/console`, by the browser's own history. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const base = '/console';
const moved = new Set<() => void>();

/** `/calls/appr_123`, without a slash at its end. */
function here(): string {
  return location.pathname.slice(base.length).replace(/\/+$/, '') || '/';
}

/** Goes to a path below the console. */
export function go(path: string, { instead = false } = {}): void {
  if (instead) history.replaceState(null, '', base + path);
  else history.pushState(null, '', base + path);
  for (const hear of moved) hear();
  if (!instead) scrollTo(0, 0);
}

/** The path, and its query; followed as it changes. */
export function usePath(): { readonly path: string; readonly query: URLSearchParams } {
  const [at, setAt] = useState(() => ({ path: here(), query: location.search }));
  useEffect(() => {
    const hear = () => setAt({ path: here(), query: location.search });
    moved.add(hear);
    addEventListener('popstate', hear);
    return () => {
      moved.delete(hear);
      removeEventListener('popstate', hear);
    };
  }, []);
  return { path: at.path, query: new URLSearchParams(at.query) };
}

interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly id?: string;
  readonly class?: string;
  readonly 'aria-label'?: string;
  readonly 'aria-current'?: 'page' | undefined;
}

export function Link({ to, children, ...rest }: LinkProps) {
  return (
    <a
      {...rest}
      href={base + to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
