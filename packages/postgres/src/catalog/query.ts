/**
 * The query that reads a catalog: one statement, one row, one column of JSON text. The server's own relations come with
 * their columns only; its functions and operators are known by a table kept with the code.
 */
import type { Major } from '../major.ts';
import { namedCatalogs, partCatalogs } from './catalog.ts';
import { allNameVersions, allPartVersions, dependentsVersion, firstUserOid } from './versions.ts';

const isUser = (oid: string) => `${oid} >= ${firstUserOid}`;

/** Whether an operator class is one of the methods that compare: B-tree and hash. */
const compares = 'o.opcmethod in (403, 405)';

/**
 * The users' functions that comparing calls, with their operator families. Mostly there is none, so it is read once, and
 * not for each relation and type.
 */
const comparing = `
  select m.amprocfamily as family, m.amproc::oid as oid from pg_catalog.pg_amproc m where ${isUser('m.amproc')}
  union all select m.amopfamily, n.oprcode::oid from pg_catalog.pg_amop m join pg_catalog.pg_operator n on n.oid = m.amopopr
  where ${isUser('n.oprcode')}`;

/** The users' functions that comparing by operator classes calls. */
const comparisons = (classes: string) => `
  case when exists (select from comparing) then (
    select pg_catalog.json_agg(distinct r.oid::text) from (${classes}) as k (oid, family)
    join comparing as r on r.family = k.family) end`;

const partsOfRelations = `
  select relation, pg_catalog.json_object_agg(part, version) as parts from (
    ${partCatalogs
      .map((part) => `select relation, '${part}' as part, version from (${allPartVersions(part)}) as ${part}`)
      .join('\n    union all ')}
  ) as p group by relation`;

const names = namedCatalogs
  .map(
    (catalog) =>
      `'${catalog}', (select coalesce(pg_catalog.json_object_agg(name, version), '{}') from (${allNameVersions(catalog)}) as n)`,
  )
  .join(',\n    ');

const columns = `
  select a.attrelid as relation, pg_catalog.json_agg(pg_catalog.json_build_array(
    a.attname, a.atttypid::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity <> '', a.attnum
  ) order by a.attnum) as columns
  from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped group by a.attrelid`;

const triggers = `
  select t.tgrelid as relation, pg_catalog.json_agg(pg_catalog.json_build_array(
    t.tgname, t.tgtype::int, t.tgfoid::text, t.tgqual is not null,
    (select coalesce(pg_catalog.json_agg(a.attname), '[]') from pg_catalog.pg_attribute a
     where a.attrelid = t.tgrelid and a.attnum = any (t.tgattr::int2[]))
  ) order by t.oid) as triggers
  from pg_catalog.pg_trigger t where not t.tgisinternal and t.tgenabled <> 'D' group by t.tgrelid`;

const rules = `
  select r.ev_class as relation, pg_catalog.json_agg(pg_catalog.json_build_array(
    r.rulename, r.ev_type, r.is_instead, pg_catalog.pg_get_ruledef(r.oid)
  ) order by r.oid) as rules
  from pg_catalog.pg_rewrite r where r.rulename <> '_RETURN' and r.ev_enabled <> 'D' and ${isUser('r.oid')} group by r.ev_class`;

const columnNames = (relation: string, numbers: string) => `(
  select pg_catalog.json_agg(a.attname order by n.i) from pg_catalog.unnest(${numbers}) with ordinality as n(attnum, i)
  join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = n.attnum)`;

const foreignKeys = `
  select k.confrelid as relation, pg_catalog.json_agg(pg_catalog.json_build_array(
    k.conname, k.conrelid::text, ${columnNames('k.conrelid', 'k.conkey')}, ${columnNames('k.confrelid', 'k.confkey')},
    k.confupdtype, k.confdeltype
  ) order by k.oid) as keys
  from pg_catalog.pg_constraint k where k.contype = 'f' group by k.confrelid`;

const ownKeys = `
  select k.conrelid as relation, pg_catalog.json_agg(pg_catalog.json_build_array(
    k.conname, ${columnNames('k.conrelid', 'k.conkey')},
    k.contype <> 'x' and not exists (select from pg_catalog.pg_attribute a
      where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and not a.attnotnull)
  ) order by k.oid) as keys
  from pg_catalog.pg_constraint k where k.contype in ('p', 'u', 'x') group by k.conrelid`;

const policies = `
  select p.polrelid as relation, pg_catalog.json_agg(pg_catalog.json_build_array(
    p.polname, p.polcmd, pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
  ) order by p.oid) as policies
  from pg_catalog.pg_policy p group by p.polrelid`;

const expressions = `
  select relation, pg_catalog.json_agg(pg_catalog.json_build_array(what, expression)) as expressions from (
    select conrelid as relation, 'constraint ' || conname as what, pg_catalog.pg_get_expr(conbin, conrelid) as expression
    from pg_catalog.pg_constraint where contype = 'c' and conrelid <> 0
    union all
    select i.indrelid, 'index ' || c.relname, pg_catalog.pg_get_expr(x.tree, i.indrelid)
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid, lateral (values (i.indexprs), (i.indpred)) as x (tree)
    where x.tree is not null
    union all
    select partrelid, 'partition key', pg_catalog.pg_get_expr(partexprs, partrelid)
    from pg_catalog.pg_partitioned_table where partexprs is not null
    union all
    select s.stxrelid, 'statistics ' || s.stxname, x.tree
    from pg_catalog.pg_statistic_ext s, lateral pg_catalog.unnest(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid)) as x (tree)
  ) as e where ${isUser('relation')} group by relation`;

const relations = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(
    c.oid::text, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.xmin::text, parts.parts, columns.columns,
    case when c.relkind in ('v', 'm') and ${isUser('c.oid')} then pg_catalog.pg_get_viewdef(c.oid) end,
    triggers.triggers, rules.rules, keys.keys, policies.policies, expressions.expressions,
    (select pg_catalog.json_agg(i.inhparent::text order by i.inhseqno) from pg_catalog.pg_inherits i where i.inhrelid = c.oid),
    (select pg_catalog.json_agg(i.inhrelid::text order by i.inhrelid) from pg_catalog.pg_inherits i where i.inhparent = c.oid),
    (select s.srvname from pg_catalog.pg_foreign_table f join pg_catalog.pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid),
    case c.relkind
      when 'S' then (select d.refobjid::text from pg_catalog.pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                     and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') limit 1)
      when 'i' then (select i.indrelid::text from pg_catalog.pg_index i where i.indexrelid = c.oid)
      when 'I' then (select i.indrelid::text from pg_catalog.pg_index i where i.indexrelid = c.oid)
    end,
    (select coalesce(${columnNames('c.oid', 'p.partattrs::int2[]')}, '[]') from pg_catalog.pg_partitioned_table p where p.partrelid = c.oid),
    own.keys,
    (${comparisons(`select o.oid, o.opcfamily from pg_catalog.pg_opclass o where ${isUser('c.oid')} and ${compares} and (
        o.oid in (select pg_catalog.unnest(i.indclass::oid[]) from pg_catalog.pg_index i where i.indrelid = c.oid)
        or o.oid in (select pg_catalog.unnest(p.partclass::oid[]) from pg_catalog.pg_partitioned_table p where p.partrelid = c.oid))`)})
  ))
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join (${columns}) as columns on columns.relation = c.oid and c.relkind not in ('i', 'I')
  left join (${partsOfRelations}) as parts on parts.relation = c.oid
  left join (${triggers}) as triggers on triggers.relation = c.oid
  left join (${rules}) as rules on rules.relation = c.oid
  left join (${foreignKeys}) as keys on keys.relation = c.oid
  left join (${ownKeys}) as own on own.relation = c.oid
  left join (${policies}) as policies on policies.relation = c.oid
  left join (${expressions}) as expressions on expressions.relation = c.oid
  where c.relpersistence <> 't' and c.relkind <> 't'
    and (${isUser('c.oid')} or c.relkind in ('r', 'v'))`;

/** What is behind a function that only a superuser can have made: of an aggregate, behind each of its functions. */
const symbols = `(
  select pg_catalog.json_agg(case
    when s.proconfig is not null or s.prosecdef then null
    when l.lanname = 'internal' then 'internal ' || s.prosrc
    when l.lanname = 'c' and s.probin like '$libdir/%' then 'c ' || pg_catalog.substr(s.probin, 9) || ' ' || s.prosrc
    end order by s.oid)
  from pg_catalog.pg_proc s join pg_catalog.pg_language l on l.oid = s.prolang
  where l.oid < ${firstUserOid} and s.oid = any (case when p.prokind <> 'a' then array[p.oid] else (
    select array[g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn,
      g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn]::oid[] from pg_catalog.pg_aggregate g where g.aggfnoid = p.oid) end))`;

const functions = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(
    p.oid::text, n.nspname, p.proname, p.prokind,
    (select coalesce(pg_catalog.json_agg(pg_catalog.format_type(t, null) order by i), '[]')
     from pg_catalog.unnest(p.proargtypes::oid[]) with ordinality as a(t, i)),
    p.pronargdefaults, p.provariadic <> 0, p.prorettype::text, p.proretset,
    coalesce(
      (select pg_catalog.json_agg(coalesce(p.proargnames[i], '') order by i)
       from pg_catalog.unnest(p.proargmodes) with ordinality as m(mode, i) where m.mode in ('o', 'b', 't')),
      (select pg_catalog.json_agg(a.attname order by a.attnum) from pg_catalog.pg_type t join pg_catalog.pg_attribute a
       on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
       where t.oid = p.prorettype and t.typrelid <> 0),
      '[]'),
    p.xmin::text, 
    (select coalesce(pg_catalog.json_agg(t::text order by i), '[]')
     from pg_catalog.unnest(p.proargtypes::oid[]) with ordinality as a(t, i)),
    coalesce(
      (select pg_catalog.json_agg(p.proallargtypes[i]::text order by i)
       from pg_catalog.unnest(p.proargmodes) with ordinality as m(mode, i) where m.mode in ('o', 'b', 't')),
      (select pg_catalog.json_agg(a.atttypid::text order by a.attnum) from pg_catalog.pg_type t join pg_catalog.pg_attribute a
       on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
       where t.oid = p.prorettype and t.typrelid <> 0),
      '[]'),
    ${symbols}
  ))
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where ${isUser('p.oid')}`;

const types = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(
    t.oid::text, n.nspname, t.typname, t.typtype, nullif(t.typrelid, 0)::text,
    case when t.typelem <> 0 and t.typinput = 'array_in'::regproc then t.typelem::text end,
    nullif(t.typbasetype, 0)::text, case when ${isUser('t.typinput')} then t.typinput::oid::text end,
    case when t.typtype = 'd' then (select pg_catalog.json_agg(pg_catalog.pg_get_expr(k.conbin, 0))
      from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c') end,
    t.xmin::text, t.typcategory, t.typispreferred, (
      select r.rngsubtype::text from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)),
    (${comparisons(`select o.oid, o.opcfamily from pg_catalog.pg_opclass o
      where o.opcintype = t.oid and o.opcdefault and ${compares}
      union select o.oid, o.opcfamily from pg_catalog.pg_opclass o join pg_catalog.pg_range r on r.rngsubopc = o.oid
      where t.oid in (r.rngtypid, r.rngmultitypid)`)})
  ))
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where ${isUser('t.oid')} or (t.typrelid = 0 and t.typtype <> 'c')`;

const operators = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(
    o.oid::text, n.nspname, o.oprname, nullif(o.oprleft, 0)::text, nullif(o.oprright, 0)::text, o.oprcode::oid::text,
    o.oprresult::text
  ))
  from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace where ${isUser('o.oid')}`;

const casts = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(
    c.castsource::text, c.casttarget::text, c.castcontext = 'i', nullif(c.castfunc, 0)::text
  ))
  from pg_catalog.pg_cast c where ${isUser('c.oid')}`;

const eventTriggers = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(evtname, evtfoid::text)) from pg_catalog.pg_event_trigger where evtenabled <> 'D'`;

/** What depends on users' objects, but for the tables beside tables in which the server keeps long values. */
const dependents = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(object, version, list)) from (
    select r.relname || ' ' || d.refobjid::text as object, ${dependentsVersion} as version,
      pg_catalog.json_agg(pg_catalog.json_build_array(c.relname || ' ' || d.objid::text, d.objsubid, d.refobjsubid, d.deptype)) as list
    from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.classid join pg_catalog.pg_class r on r.oid = d.refclassid
    where ${isUser('d.refobjid')} group by r.relname, d.refobjid
  ) as d`;

/** Objects that are known by name alone: the catalog, and the names of its columns. */
const bareNames: readonly (readonly [catalog: string, name: string])[] = [
  ['pg_namespace', 'nspname'],
  ['pg_extension', 'extname'],
  ['pg_language', 'lanname'],
  ['pg_foreign_server', 'srvname'],
  ['pg_foreign_data_wrapper', 'fdwname'],
  ['pg_am', 'amname'],
  ['pg_publication', 'pubname'],
  ['pg_event_trigger', 'evtname'],
];

/** The same for those in schemas, with the names' common beginning. */
const namesInSchemas: readonly (readonly [catalog: string, prefix: string])[] = [
  ['pg_operator', 'opr'],
  ['pg_collation', 'coll'],
  ['pg_conversion', 'con'],
  ['pg_opclass', 'opc'],
  ['pg_opfamily', 'opf'],
  ['pg_ts_config', 'cfg'],
  ['pg_ts_dict', 'dict'],
  ['pg_ts_parser', 'prs'],
  ['pg_ts_template', 'tmpl'],
];

/** A name without a schema is looked for among the server's own, too; the rest are the users'. */
const others = `
  select pg_catalog.json_agg(pg_catalog.json_build_array(object, name, owner, schema)) from (
    ${bareNames
      .map(
        ([catalog, name]) =>
          `select '${catalog} ' || oid::text as object, ${name}::text as name, null as owner, null as schema from pg_catalog.${catalog}`,
      )
      .join('\n    union all ')}
    ${namesInSchemas
      .map(
        ([catalog, prefix]) => `union all
    select '${catalog} ' || o.oid::text, o.${prefix}name, null, n.nspname
    from pg_catalog.${catalog} o join pg_catalog.pg_namespace n on n.oid = o.${prefix}namespace where ${isUser('o.oid')}`,
      )
      .join(' ')}
    union all select 'pg_cast ' || c.oid::text, t.typname, null, s.typname
    from pg_catalog.pg_cast c join pg_catalog.pg_type s on s.oid = c.castsource join pg_catalog.pg_type t on t.oid = c.casttarget
    where ${isUser('c.oid')}
    union all select m.member || m.oid::text, f.opfname, null, n.nspname from (
      select 'pg_amop ' as member, oid, amopfamily as family from pg_catalog.pg_amop
      union all select 'pg_amproc ', oid, amprocfamily from pg_catalog.pg_amproc
    ) as m join pg_catalog.pg_opfamily f on f.oid = m.family join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
    where ${isUser('m.oid')}
    union all select 'pg_user_mapping ' || umid::text, srvname, null, null from pg_catalog.pg_user_mappings
    union all select 'pg_constraint ' || oid::text, conname,
      case when conrelid <> 0 then 'pg_class ' || conrelid::text else 'pg_type ' || contypid::text end, null
    from pg_catalog.pg_constraint where ${isUser('oid')}
  ) as o`;

/**
 * One SQL text that yields one row with one column: the catalog as JSON text, for `readCatalog`. It reads system
 * catalogs that every role may read, and runs in a read-only transaction.
 */
export function catalogQuery(_major: Major): string {
  return `
with comparing as materialized (${comparing})
select pg_catalog.json_build_object(
  'version', pg_catalog.current_setting('server_version_num')::int,
  'database', pg_catalog.current_database(),
  'search_path', pg_catalog.to_json(pg_catalog.current_schemas(true)),
  'schemas', (select pg_catalog.json_agg(nspname) from pg_catalog.pg_namespace),
  'names', pg_catalog.json_build_object(${names}),
  'relations', (${relations}),
  'functions', (${functions}),
  'types', (${types}),
  'operators', (${operators}),
  'casts', (${casts}),
  'event_triggers', (${eventTriggers}),
  'dependents', coalesce((${dependents}), '[]'),
  'others', (${others})
)::text`;
}
