-- What generate-extensions.js reads from one server: the C functions of the extensions that come with it, one a line as
-- library, symbol, volatility. Run it as a superuser in an empty database: psql -XAtq -f extensions.sql > extensions-18.txt
set client_min_messages = error;
select format('create extension if not exists %I cascade', name) from pg_available_extensions
where name !~ 'perl|python|tcl' order by name \gexec
select distinct l.lanname || ' ' || case l.lanname when 'c' then substr(p.probin, length('$libdir/') + 1) || ' ' else '' end
  || p.prosrc || ' ' || p.provolatile::text
from pg_proc p join pg_language l on l.oid = p.prolang
join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
where p.oid >= 16384 and (l.lanname = 'internal' or l.lanname = 'c' and p.probin like '$libdir/%')
order by 1;
