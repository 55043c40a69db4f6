/**
 * The first schema. Nothing a person or an agent wrote stands in these tables in clear: it is in `contents`, encrypted
 * per run, and erased by erasing the run's key.
 */
export const first = `
create table meta (
  name text primary key,
  value text not null
);

create table runs (
  id text primary key,
  principal text not null,
  on_behalf_of text,
  run text not null,
  -- the run's own key, wrapped by the master key; null once erased
  wrapped_key bytea,
  created_at timestamptz not null default clock_timestamp()
);
create unique index runs_by_name on runs (principal, run, coalesce(on_behalf_of, ''));

create table tokens (
  id text primary key,
  class text not null,
  name text not null,
  groups jsonb not null,
  owner text,
  on_behalf_of text,
  hash text not null,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);

create table calls (
  id text primary key,
  principal text not null,
  on_behalf_of text,
  owner text,
  run text not null,
  run_id text not null references runs (id),
  tool text not null,
  call text not null,
  connection text not null,
  protocol text not null,
  input_digest text not null,
  -- same connection and exact input, by the same principal for the same person, in any run
  input_key text not null,
  -- same effects and statement fingerprint
  effect_key text not null,
  writes boolean not null,
  state text not null,
  code text not null,
  -- the content that holds input, analysis and decision
  record_event text not null,
  created_at timestamptz not null default clock_timestamp(),
  vote_by timestamptz,
  start_within_ms bigint not null,
  start_by timestamptz,
  asked_at timestamptz,
  asked_groups jsonb,
  rejected_at timestamptz,
  -- of a claim: the gateway that holds it, which try, and its last sign of life
  owner_instance text,
  epoch bigint not null default 0,
  heartbeat_at timestamptz,
  evidence jsonb,
  ran text,
  -- the content that holds the masked result or the error
  result_event text,
  finished_at timestamptz,
  fetched_at timestamptz,
  settled_at timestamptz
);
create unique index calls_by_key on calls (principal, run, tool, call);
create index calls_waiting on calls (principal) where state = 'waiting';
create index calls_waiting_by_age on calls (created_at) where state = 'waiting';
create index calls_waiting_by_group on calls using gin (asked_groups) where state = 'waiting';
create index calls_vote_by on calls (vote_by) where state = 'waiting';
create index calls_start_by on calls (start_by) where state in ('allowed', 'approved');
create index calls_claimed on calls (owner_instance) where state in ('claimed', 'submitted');
create index calls_asked on calls (principal, asked_at) where asked_at is not null;
create index calls_rejected_input on calls (input_key, rejected_at) where rejected_at is not null;
create index calls_rejected_effect on calls (run_id, effect_key, rejected_at) where rejected_at is not null;
create index calls_open_outcome on calls (input_key)
  where writes and settled_at is null and (state = 'unknown' or (state = 'succeeded' and fetched_at is null));

create table approvals (
  id text primary key,
  call_id text not null unique references calls (id),
  digest text not null,
  requirement jsonb not null,
  -- the content that holds the preview as it was shown
  preview_event text not null
);

create table votes (
  id text primary key,
  approval_id text not null references approvals (id),
  person text not null,
  account text not null,
  -- what the voter's token proved, for accounts that belong to no one under people
  groups jsonb not null,
  vote text not null,
  reason_event text not null,
  at timestamptz not null default clock_timestamp()
);
create unique index votes_once on votes (approval_id, person);

create table stops (
  id text primary key,
  kind text not null,
  subject text not null,
  reason text,
  by text not null,
  created_at timestamptz not null default clock_timestamp(),
  lifted_at timestamptz
);
create index stops_in_force on stops (kind, subject) where lifted_at is null;

create table events (
  id text primary key,
  ordinal bigint generated always as identity unique,
  -- canonical JSON; these bytes never change
  bytes text not null,
  run_id text,
  call_id text,
  index bigint unique
);
create index events_without_index on events (ordinal) where index is null;
create index events_by_call on events (call_id, ordinal);

create table contents (
  event_id text not null,
  name text not null,
  run_id text not null,
  -- AES-256-GCM under the run's key: salt and content
  box bytea not null,
  expires_at timestamptz,
  primary key (event_id, name)
);
create index contents_expiring on contents (expires_at) where expires_at is not null;

create table heads (
  size bigint primary key,
  root text not null,
  at text not null,
  key text not null,
  signature text not null,
  -- the roots of the perfect subtrees, left to right: all that is needed to append
  peaks jsonb not null
);
`;
