/**
 * Products that are broken in one place each: a guard taken out of a statement, a target that lies, a reload that is
 * forgotten. A simulation that tells of nothing wrong is only worth something when it would tell of these.
 */
import type { Sabotage } from './simulate.ts';

/** Takes the force out of a condition, wherever it stands; its parameters stay in use. */
const without = (condition: RegExp) => (sql: string) =>
  sql.replace(condition, (whole) => `(${whole} or true)`);

const isClaim = (sql: string) => sql.includes('c.start_by > clock_timestamp()');
const onlyClaims = (rewrite: (sql: string) => string) => (sql: string) => (isClaim(sql) ? rewrite(sql) : sql);

const ofItsState = without(/c\.state in \([^)]*\)/);
const ofItsEpoch = without(/c\.epoch = \$\d+/);

export const sabotages: readonly {
  readonly name: string;
  readonly sabotage: Sabotage;
  /** A seed not far before one that tells of it. */
  readonly from: number;
  /** What has to be told of it. */
  readonly told: RegExp;
}[] = [
  {
    name: 'a claim that guards nothing',
    sabotage: { sql: onlyClaims((sql) => ofItsEpoch(ofItsState(sql))) },
    from: 12,
    told: /reached the target 2 times|went from \w+ to claimed/,
  },
  {
    name: 'a claim that does not look where the call stands',
    sabotage: { sql: onlyClaims(ofItsState) },
    from: 31,
    told: /went from \w+ to claimed/,
  },
  {
    name: 'a claim that does not look at the clock',
    sabotage: { sql: without(/c\.start_by > clock_timestamp\(\)/) },
    from: 16,
    told: /was claimed after its time to start/,
  },
  {
    name: 'moves that do not look for stops',
    sabotage: { sql: (sql) => sql.replace('from stops s where', 'from stops s where false and') },
    from: 21,
    told: /during a stop/,
  },
  {
    name: 'an owner that settles what is no longer its own',
    sabotage: { sql: without(/c\.owner_instance = \$\d+ and c\.epoch = \$\d+/) },
    from: 312,
    told: /has its outcome from an owner that was fenced/,
  },
  {
    name: 'a recovery that goes by what it read before the fence',
    sabotage: { sql: (sql) => sql.replace('returning c.evidence', 'returning null::jsonb as evidence') },
    from: 115,
    told: /took effect and is failed/,
  },
  {
    name: 'evidence that is not kept',
    sabotage: {
      sql: (sql) =>
        sql.replace(
          /set evidence = (\$\d+)::text::jsonb/,
          'set evidence = nullif($1::text, $1::text)::jsonb',
        ),
    },
    from: 6,
    told: /reached the target without evidence/,
  },
  {
    name: 'a move that leaves no event',
    sabotage: { sql: (sql) => sql.replace('from moved limit 1', 'from moved where false limit 1') },
    from: 1,
    told: /reached the target unclaimed|its record ends with/,
  },
  {
    name: 'votes that count for every approval',
    sabotage: { sql: without(/approval_id in \(\$1\) /) },
    from: 23,
    told: /was approved without the votes it needs|was claimed without the votes/,
  },
  {
    name: 'votes that are taken after their time',
    sabotage: { sql: without(/c\.vote_by > clock_timestamp\(\)/g) },
    from: 142,
    told: /after its time to vote/,
  },
  {
    name: 'a lease that two can hold',
    sabotage: { sql: without(/\(p\.lease is null or p\.leased_until <= clock_timestamp\(\)\)/) },
    from: 7,
    told: /was taken while another had it/,
  },
  {
    name: 'a call that never expires',
    sabotage: { sql: (sql) => sql.replace('c.start_by <= clock_timestamp()', 'false') },
    from: 14,
    told: /was left (?:allowed|approved)/,
  },
  {
    name: 'a target that does not know what it committed',
    sabotage: { lies: true },
    from: 12,
    told: /took effect and is failed/,
  },
  {
    name: 'a gateway that forgets its new policy',
    sabotage: { forgetsReloads: true },
    from: 15,
    told: /runs under a policy that was replaced before it was asked for/,
  },
];
