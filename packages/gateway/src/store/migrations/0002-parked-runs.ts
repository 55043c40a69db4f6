/** Parked runs. The state is what the application encrypted; nothing here can read it. */
export const parkedRuns = `
create table parked_runs (
  id text primary key,
  principal text not null,
  on_behalf_of text,
  run text not null,
  run_id text not null references runs (id),
  schema_version text not null,
  fingerprint text not null,
  state bytea not null,
  state_digest text not null,
  parked_at timestamptz not null default clock_timestamp(),
  -- who took it last, and until when it is theirs alone
  lease text,
  leased_until timestamptz
);
create index parked_runs_by_principal on parked_runs (principal, parked_at);
`;
