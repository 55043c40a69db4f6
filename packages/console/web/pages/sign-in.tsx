/** Nobody is signed in. */
import type { ProviderList } from '@countersign/core';
import { useEffect } from 'preact/hooks';
import icon from '../icon.svg';
import { useResource } from '../resource.ts';
import { signInPath } from '../session.tsx';

interface SignInProps {
  /** Why it is not known who is signed in. */
  readonly problem?: string;
  readonly again?: () => void;
}

export function SignIn({ problem, again }: SignInProps) {
  useEffect(() => {
    // Who left the page open to be told sees from elsewhere that it tells nothing any more.
    document.title = again === undefined ? 'Sign in · Countersign' : 'Countersign';
  }, [again]);
  return (
    <main class="sign-in">
      <img src={icon} alt="" width={56} height={56} />
      <h1>Countersign</h1>
      <p>Where people decide what agents may do.</p>
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {again === undefined ? (
        <Providers />
      ) : (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </main>
  );
}

function Providers() {
  const { value } = useResource<ProviderList>('/auth/providers');
  if (value === null) return null;
  const [only, ...more] = value.providers;
  if (only === undefined)
    return (
      <p>
        Nobody can sign in here yet: the policy names no identity provider under <code>identity</code>. In a
        terminal, <code>countersign approvals</code> shows the same.
      </p>
    );
  if (more.length === 0)
    return (
      <a class="button" href={signInPath(only.name)}>
        Sign in
      </a>
    );
  return (
    <ul class="boxes">
      {value.providers.map(({ name }) => (
        <li key={name}>
          <a class="button" href={signInPath(name)}>
            Sign in with {name}
          </a>
        </li>
      ))}
    </ul>
  );
}
