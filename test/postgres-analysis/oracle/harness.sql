-- What the differential test asks of a server, in a schema that no statement names.
create schema oracle;
grant usage on schema oracle to public;

-- Runs a statement and gives its SQLSTATE; none where it ran.
create function oracle.run(statement text) returns text language plpgsql as $$
begin
  execute statement;
  return '';
exception
  when query_canceled then return sqlstate;
  when others then return sqlstate || ' ' || sqlerrm;
end $$;

-- Whether a role may run a statement, without running it: the server checks when it starts the executor, as EXPLAIN does.
create function oracle.explains(statement text, who text) returns text language plpgsql as $$
begin
  perform set_config('role', who, true);
  execute 'explain ' || statement;
  perform set_config('role', 'none', true);
  return '';
exception
  when query_canceled then return sqlstate;
  when others then return sqlstate || ' ' || sqlerrm;
end $$;

-- The statement's SQLSTATE for a role that holds just these grants, and for each role that lacks a single one.
create function oracle.demands(statement text, grants text[], lacking text[]) returns text[] language plpgsql as $$
declare
  said text[] := '{}';
  one text;
begin
  begin
    foreach one in array grants loop execute one; end loop;
    said := said || oracle.explains(statement, 'oracle_exact');
    raise exception 'undo' using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then null;
  end;
  foreach one in array lacking loop said := said || oracle.explains(statement, one); end loop;
  return said;
end $$;

-- What a statement wrote and which relations it locked for writing, before it is rolled back.
create function oracle.writes(statement text) returns json language plpgsql as $$
declare
  state text := '';
  before json;
  after json;
  locked json;
begin
  select json_object_agg(relid::text, json_build_array(n_tup_ins, n_tup_upd, n_tup_del)) into before from pg_stat_xact_user_tables;
  begin
    execute statement;
    select json_object_agg(relid::text, json_build_array(n_tup_ins, n_tup_upd, n_tup_del)) into after from pg_stat_xact_user_tables;
    select coalesce(json_agg(distinct c.oid::text), '[]') into locked from pg_locks l join pg_class c on c.oid = l.relation
      where l.pid = pg_backend_pid() and c.relkind in ('r', 'p', 'v', 'm') and c.oid >= 16384 and l.mode not in ('AccessShareLock', 'RowShareLock');
    raise exception 'undo' using errcode = 'UNDO0';
  exception
    when sqlstate 'UNDO0' then null;
    when query_canceled then state := sqlstate;
    when others then state := sqlstate || ' ' || sqlerrm;
  end;
  return json_build_object('state', state, 'before', before, 'after', after, 'locked', locked);
end $$;

-- What this transaction has done that a read does not do.
create function oracle.traces() returns text[] language sql as $$
  select coalesce(array_agg(trace), '{}') from (
    select 'xid' as trace where pg_current_xact_id_if_assigned() is not null
    union all
    select distinct l.mode || ' on ' || coalesce(c.relname, l.locktype) from pg_locks l left join pg_class c on c.oid = l.relation
      where l.pid = pg_backend_pid() and l.locktype not in ('virtualxid')
        and not (l.mode = 'AccessShareLock' and l.locktype = 'relation')
  ) as t $$;

grant execute on all functions in schema oracle to public;

create role oracle_agent;
create role oracle_exact;
do $$
declare one record;
begin
  for one in select nspname from pg_namespace where nspname in ('app', 'lib', 'public', 'oracle') loop
    execute format('grant usage on schema %I to oracle_agent, oracle_exact', one.nspname);
    execute format('grant all on all tables in schema %I to oracle_agent', one.nspname);
    execute format('grant all on all sequences in schema %I to oracle_agent, oracle_exact', one.nspname);
  end loop;
end $$;

-- What the server's own analysis of a statement marked as demanded, in the form in which it stores a rule's action.
create table oracle.hook (nothing int);
create function oracle.marks(statement text) returns text language plpgsql as $$
declare
  tree text := '';
begin
  begin
    execute 'create rule marked as on insert to oracle.hook do also ' || statement;
    select ev_action::text into tree from pg_rewrite where rulename = 'marked';
    raise exception 'undo' using errcode = 'UNDO0';
  exception when others then null;
  end;
  return tree;
end $$;
grant execute on all functions in schema oracle to public;
