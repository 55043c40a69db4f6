/** Nobody is signed in. */
import icon from '../icon.svg';
import { signInPath } from '../session.tsx';

const problems: ReadonlyMap<string, string> = new Map([
  ['denied', 'The identity provider did not sign you in.'],
  ['failed', 'Signing in did not work. Begin again.'],
  ['expired', 'Signing in took too long. Begin again.'],
]);

interface SignInProps {
  readonly problem?: string;
  readonly again?: () => void;
}

export function SignIn({ problem, again }: SignInProps) {
  // Only words of this page are shown for what an address brings along.
  const told = problem ?? problems.get(new URLSearchParams(location.search).get('problem') ?? '');
  return (
    <main class="sign-in">
      <img src={icon} alt="" width={56} height={56} />
      <h1>Countersign</h1>
      <p>Where people decide what agents may do.</p>
      {told === undefined ? null : (
        <p class="problem" role="alert">
          {told}
        </p>
      )}
      {again === undefined ? (
        <a class="button primary" href={signInPath()}>
          Sign in
        </a>
      ) : (
        <button type="button" class="primary" onClick={again}>
          Try again
        </button>
      )}
    </main>
  );
}
