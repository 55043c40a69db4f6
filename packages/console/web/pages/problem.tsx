/** What could not be shown, and why. */
import type { Refused } from '../gateway.ts';
import { Link } from '../router.tsx';

export function Problem({ fault }: { readonly fault: Refused }) {
  return (
    <section class="page">
      <h1>{fault.status === 404 ? 'This is not here' : 'This can’t be shown'}</h1>
      <p class="problem" role="alert">
        {fault.message}
      </p>
      <p>
        <Link to="/">Go to the inbox</Link>
      </p>
    </section>
  );
}
