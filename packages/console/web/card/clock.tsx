/** The clock of an approval: how long there is to vote, and that it is over. */
import { useNow } from '../now.ts';
import { clock, fromNow } from '../words.ts';

export function VoteClock({ from, until }: { readonly from: string; readonly until: string }) {
  const now = useNow();
  const [begin, end] = [Date.parse(from), Date.parse(until)];
  const left = Math.max(0, Math.min(1, (end - now) / Math.max(1, end - begin)));
  const over = now >= end;
  const hurry = !over && end - now < 5 * 60_000;
  return (
    <p class={`clock${hurry ? ' hurry' : ''}`}>
      <progress max={1} value={left} aria-label="Time left to vote" />
      <time dateTime={until} title={clock(until, now)}>
        {over ? 'The time to vote is over' : `Vote ${fromNow(until, now).replace('in ', 'within ')}`}
      </time>
    </p>
  );
}

/** `2 minutes ago`, with the time itself behind it. */
export function When({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={clock(at, now)}>
      {fromNow(at, now)}
    </time>
  );
}
