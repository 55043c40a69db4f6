/**
 * A schema with planted canaries: protected values that must not come out, in columns of many types, behind views,
 * partitions, children, functions, triggers and policies, beside columns that nobody protects.
 */

/** The protected values of one database. */
export interface Secrets {
  readonly ssn: readonly [string, string, string];
  readonly tax: string;
  readonly salary: number;
  readonly balance: string;
  readonly born: string;
  readonly phone: string;
  readonly pan: string;
  readonly deep: string;
  readonly street: string;
  readonly zip: string;
  readonly blob: string;
  readonly pin: string;
  readonly card: string;
  readonly token: string;
  readonly note: string;
  readonly badge: string;
}

/** What the evasions are after. Long and odd enough not to turn up by chance. */
export const canaries: Secrets = {
  ssn: ['QZ-7731-KXV', 'QZ-7732-KXW', 'QZ-7733-KXY'],
  tax: 'TXN-5520-WQJ',
  salary: 970613285,
  balance: '77301446.59',
  born: '1931-07-19',
  phone: '+49-PHQ-2207',
  pan: '4929-QDOC-8841',
  deep: 'J7-DEEP-Q1X',
  street: 'Wharf Canary ZZ9',
  zip: 'QX-90211-K',
  blob: 'QBLOB-71-KEY',
  pin: 'c0ffee71-7171-4a4a-8b8b-0badcafe7171',
  card: '4556-QCRD-1180',
  token: 'tok-QZTK-66120',
  note: 'note QNTE-88123 end',
  badge: 'BDG-QQ-44017',
};

/** Other values in the same places; of another length, sort order and sign, where that could tell. */
export const others: Secrets = {
  ssn: ['b', 'MM-1', 'AA-99999-LONGER-THAN-THE-OTHERS'],
  tax: 'Z',
  salary: 3,
  balance: '-1.5',
  born: '2010-01-02',
  phone: '1',
  pan: 'p',
  deep: 'd',
  street: 'x',
  zip: '',
  blob: '0',
  pin: '00000000-0000-0000-0000-000000000001',
  card: '-',
  token: 'T',
  note: '',
  badge: '0',
};

/** The masks of the policy speak of these columns. */
export const protectedColumns: readonly string[] = [
  'public.people.ssn',
  'public.people.tax',
  'public.people.salary',
  'public.people.balance',
  'public.people.born',
  'public.people.doc',
  'public.people.phones',
  'public.people.home',
  'public.people.key_bytes',
  'public.people.pin',
  'public.staff.badge',
  'public.payments.card',
  'public.accounts.token',
  'public.notes.body',
];

/** The canaries as a search looks for them. */
export const canaryTexts: readonly string[] = [
  ...canaries.ssn,
  canaries.tax,
  String(canaries.salary),
  canaries.balance,
  canaries.born,
  canaries.phone,
  canaries.pan,
  canaries.deep,
  canaries.street,
  canaries.zip,
  canaries.blob,
  canaries.pin,
  canaries.card,
  canaries.token,
  canaries.note,
  canaries.badge,
];

/**
 * Puts the rows back as they were seeded, and leaves the schema alone: what was known of it still holds. Triggers and
 * foreign keys look away meanwhile.
 */
export function contentOf(secrets: Secrets): string {
  const inserts = seedOf(secrets).match(/^insert into [\s\S]*?;$/gm) ?? [];
  const tables = 'staff people payments accounts notes words public_notes audit watched plain';
  return [
    "begin; set local session_replication_role = 'replica';",
    ...tables.split(' ').map((table) => `delete from ${table};`),
    "select setval('public_notes_id_seq', 1, false);",
    ...inserts,
    'commit;',
  ].join('\n');
}

/** The schema with these values in it. Two databases made of it differ in nothing else. */
export function seedOf(secrets: Secrets): string {
  const doc = JSON.stringify({ pan: secrets.pan, deep: { list: [secrets.deep] }, n: secrets.salary });
  const person = (id: number, name: string, city: string) => `
    (${id}, '${name}', '${city}', '${secrets.ssn[id - 1]}', '${secrets.tax}', ${secrets.salary}, ${secrets.balance},
     '${secrets.born}', '${doc}', array['${secrets.phone}', '${secrets.phone}'], row('${secrets.street}', '${secrets.zip}'),
     convert_to('${secrets.blob}', 'UTF8'), '${secrets.pin}')`;
  return `
create type address as (street text, zip text);
create domain tax_no as text check (value <> '');
create table people (
  id int primary key, name text not null, city text not null, ssn text, tax tax_no, salary int, balance numeric,
  born date, doc jsonb, phones text[], home address, key_bytes bytea, pin uuid
);
insert into people values ${person(1, 'ann', 'oslo')}, ${person(2, 'bob', 'rome')}, ${person(3, 'cyd', 'oslo')};
create table staff (badge text) inherits (people);
insert into staff (id, name, city, ssn, badge) values (9, 'sue', 'bonn', '${secrets.ssn[0]}', '${secrets.badge}');
create table payments (id int, person int, day date, card text) partition by range (day);
create table payments_old partition of payments for values from ('2000-01-01') to ('2025-01-01');
create table payments_new partition of payments for values from ('2025-01-01') to ('2100-01-01');
insert into payments values (1, 1, '2024-05-05', '${secrets.card}'), (2, 1, '2025-05-05', '${secrets.card}');
create table accounts (id int primary key, person int references people, token text, label text);
insert into accounts values (1, 1, '${secrets.token}', 'main'), (2, 2, '${secrets.token}', 'spare');
create table notes (id int primary key, owner text, body text);
insert into notes values (1, 'ann', '${secrets.note}');
alter table notes enable row level security;
create policy own on notes using (owner = current_user);
create table words (id int primary key, word text not null, amount int not null, doc jsonb);
insert into words select i, 'word ' || i, i * 10, jsonb_build_object('k', i) from generate_series(1, 20) as i;
create table public_notes (id serial primary key, body text);
insert into public_notes (body) values ('nothing');
create table audit (line text);
create view people_tags as select id, ssn as tag, name from people;
create view people_loud as select id, upper(tag) as loud, name from people_tags;
create view people_rows as select p as person from people p;
create view people_guarded with (security_barrier) as select * from people where id < 10;
create view people_sums as select city, max(ssn) as top, count(*) as n from people group by city;
create materialized view people_kept as select id, ssn || '' as kept, doc -> 'pan' as pan from people;
create function peek(int) returns text language sql stable as 'select ssn from people where id = $1';
create function peek_all() returns setof people language sql stable as 'select * from people';
create function peek_table() returns table (a int, b text) language sql stable as 'select id, ssn from people';
create function peek_into(out b text) language plpgsql stable as $$ begin select ssn into b from people limit 1; end $$;
create function loud(text) returns text language sql immutable as 'select upper($1)';
create function ssn_of(people) returns text language sql stable as 'select $1.ssn';
create function tell(text) returns text language plpgsql as $$ begin raise exception 'told %', $1; end $$;
create function say(text) returns text language plpgsql as $$ begin raise notice 'said %', $1; return ''; end $$;
create aggregate glue(text) (sfunc = textcat, stype = text, initcond = '');
create operator ## (leftarg = text, rightarg = text, function = textcat);
create function noted() returns trigger language plpgsql as
  $$ begin insert into audit values (to_jsonb(new)::text); raise notice 'row %', new; return new; end $$;
create table watched (id int, body text);
create trigger noted before insert or update on watched for each row execute function noted();
create type mood as enum ('calm', 'odd one');
create table plain (
  id int primary key, s text, c char(6), n numeric, f float8, r real, b bool, d date, t timestamptz, l timestamp, h interval,
  j json, jb jsonb, x xml, u uuid, i inet, m macaddr, p point, g int4range, a text[], aa int[][], y bytea, e mood, k address,
  q tsvector, o bit(5), w money, big bigint
);
insert into plain values
  (1, '4111 1111 1111 1111', 'ab', 4111111111111111, 0.1, 1e30, true, '2024-02-29', '2024-02-29 12:34:56.789+02',
   '1999-12-31 23:59:59', '1 year 2 days 03:04:05.6', '{"b" :1,  "a":[1, 2 ],"a":null}', '{"b": 1, "a": "x@y.example"}',
   '<a b="1">t</a>', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '192.168.0.1/24', '08:00:2b:01:02:03', '(1.5,-2)', '[1,5)',
   array['a b', '"q"', null, 'NULL', ''], array[[1, 2], [3, 4]], '\\x00ff10', 'odd one', row('5th, "Av"', null),
   'a fat cat', '10101', 12.5, 9007199254740993),
  (2, E'line\n\ttab \\ back ''quote'' é 漢字 🙂', '', 'NaN', 'NaN', '-Infinity', false, '0001-01-01', '1900-01-01 00:00:00+00',
   '0044-03-15 BC', '-1 mon', 'null', '[]', null, null, '::1', null, null, 'empty', '{}', '{}', '', 'calm', null, '', null, -0.01,
   -9223372036854775808),
  (3, '', null, 0.000, -0.0, 0, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
   null, null, null, null, null, null, null);
create index people_upper on people (upper(ssn));
create statistics people_pairs (mcv, dependencies) on ssn, tax from people;
analyze people, staff, payments, accounts, notes, words, public_notes, plain, people_kept;
`;
}
