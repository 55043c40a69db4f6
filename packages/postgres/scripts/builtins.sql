-- What generate-builtins.js reads from one server: its functions, operators, casts and types, as one JSON document.
-- Run it as a superuser on a new cluster: psql -XAt -f builtins.sql > builtins-18.json
select json_build_object(
  'version', current_setting('server_version_num')::int / 10000,
  'functions', (
    select json_agg(json_build_object(
      'name', case p.pronamespace when 'information_schema'::regnamespace then 'information_schema.' else '' end || p.proname,
      'arguments', (select coalesce(json_agg(format_type(t, null) order by i), '[]')
                    from unnest(p.proargtypes::oid[]) with ordinality as a(t, i)),
      'defaults', p.pronargdefaults,
      'variadic', p.provariadic <> 0,
      'kind', p.prokind,
      'volatility', p.provolatile,
      'set', p.proretset,
      'returns', format_type(p.prorettype, null),
      'outputs', coalesce(
        (select json_agg(coalesce(p.proargnames[i], '') || '=' || format_type(p.proallargtypes[i], null) order by i)
         from unnest(p.proargmodes) with ordinality as m(mode, i) where m.mode in ('o', 'b', 't')),
        (select json_agg(a.attname || '=' || format_type(a.atttypid, null) order by a.attnum) from pg_type t
         join pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
         where t.oid = p.prorettype and t.typrelid <> 0),
        '[]')
    ) order by p.proname, p.oid)
    from pg_proc p where p.pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and p.oid < 16384),
  'operators', (
    select json_agg(json_build_object('name', oprname, 'left', case when oprleft <> 0 then format_type(oprleft, null) else '' end,
      'right', format_type(oprright, null), 'returns', format_type(oprresult, null)) order by oprname, oid)
    from pg_operator where oprnamespace = 'pg_catalog'::regnamespace and oid < 16384 and oprright <> 0),
  'casts', (
    select json_agg(format_type(castsource, null) || '>' || format_type(casttarget, null) || '>' || castcontext::text order by oid)
    from pg_cast where oid < 16384),
  'categories', (
    select json_agg(format_type(oid, null) || '>' || typcategory::text || case when typispreferred then '!' else '' end order by oid)
    from pg_type where typnamespace = 'pg_catalog'::regnamespace and oid < 16384 and typrelid = 0 and typcategory not in ('A', 'P')),
  'types', (select json_agg(typname order by typname) from pg_type
            where typnamespace = 'pg_catalog'::regnamespace and oid < 16384 and typrelid = 0 and typelem = 0)
);
