/**
 * What people say beside an approval, when they are reminded of it, the webhooks that are told, and the ways by which
 * runs are looked up.
 */
export const approvals = `
create table comments (
  -- the event whose content holds the text
  id text primary key,
  approval_id text not null references approvals (id),
  person text not null,
  account text not null,
  at timestamptz not null default clock_timestamp()
);
create index comments_by_approval on comments (approval_id, at);

-- null where nobody is reminded, or everybody was
alter table calls add column remind_at timestamptz;
create index calls_remind_at on calls (remind_at) where state = 'waiting' and remind_at is not null;

create table webhooks (
  name text primary key,
  -- the last event of the ledger that was looked at for it
  seen bigint not null
);

-- what webhooks are told; the same id goes with every try
create table deliveries (
  id text primary key,
  webhook text not null,
  event_id text not null,
  body text not null,
  created_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  -- the gateway that is sending it, and until when it alone may
  owner_instance text,
  leased_until timestamptz,
  -- once it arrived, or was given up
  done_at timestamptz,
  arrived boolean
);
create unique index deliveries_once on deliveries (webhook, event_id);
create index deliveries_due on deliveries (webhook, next_at) where done_at is null;
create index deliveries_done on deliveries (done_at) where done_at is not null;

create index runs_by_age on runs (created_at, id);
create index runs_by_principal on runs (principal, created_at, id);
create index runs_by_text on runs (run collate "C", id);
create index calls_waiting_by_run on calls (run_id, created_at, id) where state = 'waiting';
create index calls_by_run on calls (run_id, created_at, id);
`;
