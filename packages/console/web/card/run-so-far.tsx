/** What the run did before this call: one line each. */
import type { RunView } from '@countersign/core';
import { useResource } from '../resource.ts';
import { Link } from '../router.tsx';
import { When } from './clock.tsx';
import { effectsInShort } from './effects.ts';
import { StateMark } from './state.tsx';

const shown = 8;

export function RunSoFar({ run, before }: { readonly run: string; readonly before: string }) {
  const { value } = useResource<RunView>(`/v1/runs/${run}?limit=100`);
  if (value === null) return null;
  const at = value.calls.findIndex(({ id }) => id === before);
  const earlier = at < 0 ? value.calls : value.calls.slice(0, at);
  return (
    <section aria-labelledby="so-far">
      <h2 id="so-far">What the run did before</h2>
      {earlier.length === 0 ? (
        <p class="aside">Nothing: this is its first call.</p>
      ) : (
        <ol class="lines">
          {earlier.slice(-shown).map((call) => (
            <li key={call.id}>
              <StateMark state={call.state} />
              <span class="what">{effectsInShort(call.effects)}</span>
              <span class="aside">
                {call.connection} · <When at={call.created_at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      <p>
        <Link to={`/runs/${run}`}>
          {earlier.length > shown ? `All ${earlier.length} of them` : 'The whole run'}
        </Link>
      </p>
    </section>
  );
}
