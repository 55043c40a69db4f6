/** Sessions of people who signed in. What a browser or a command holds is a secret; here stands its digest only. */
export const sessions = `
create table sessions (
  id text primary key,
  -- what holds it: a browser, or the command line
  kind text not null,
  -- whose: local:NAME, or oidc:ISSUER#SUBJECT
  account text not null,
  -- what the identity provider said
  groups jsonb not null,
  -- the secret that holds now, and the one before it
  digest text not null unique,
  earlier_digest text unique,
  rotated_at timestamptz not null default clock_timestamp(),
  -- when the secret that holds now was first used: from then on the one before it is out of use
  confirmed_at timestamptz,
  csrf text not null,
  -- digest of what it was made of: a code, a link; each makes one session
  sign_in text not null unique,
  created_at timestamptz not null default clock_timestamp(),
  used_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  -- whether it was taken away, rather than left
  revoked boolean not null default false
);
create index sessions_by_account on sessions (account, created_at);
create index sessions_ended on sessions (ended_at) where ended_at is not null;
create index tokens_revoked on tokens (revoked_at) where revoked_at is not null;

-- a sign-in made for one approval: what a vote that wants a fresh one rests on
create table fresh_sign_ins (
  session text not null references sessions (id),
  approval_digest text not null,
  signed_in_at timestamptz not null,
  -- encrypted under the run's key: the ID token, and what its nonce was made of
  run_id text not null references runs (id),
  evidence bytea not null,
  primary key (session, approval_digest)
);

alter table votes add column credential text;
alter table votes add column signed_in_at timestamptz;
`;
