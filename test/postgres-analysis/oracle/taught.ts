/** What generated statements found wrong once, each with what it taught. */

export const taught: readonly (readonly [title: string, sql: string])[] = [
  ['to_json calls a cast to json that a user made', `select to_json('fair'::mood)`],
  ['jsonb_build_object calls it', `select jsonb_build_object('m', 'high'::mood)`],
  ['json_build_array calls it', `select json_build_array(1, 'low'::app.mood)`],
  ['row_to_json calls it for a field of a row', `select row_to_json(row(1, 'low'::mood))`],
  ['row_to_json calls it for a column of a table', 'select row_to_json(p) from people p'],
  ['to_jsonb calls it for a composite column’s table', 'select to_jsonb(people) from people'],
  ['array_to_json calls it for each element', `select array_to_json(array['low'::mood])`],
  ['to_jsonb calls it for each element', `select to_jsonb(array['low'::mood])`],
  ['jsonb_agg calls it for each row', 'select jsonb_agg(feels) from people'],
  ['json_object_agg calls it for each value', 'select json_object_agg(id, feels) from people'],
  ['JSON_ARRAY calls it', `select json_array('low'::mood returning text)`],
  ['JSON_OBJECT calls it', `select json_object('a': 'low'::mood)`],
  ['JSON_ARRAYAGG calls it', 'select json_arrayagg(feels) from people'],
  ['JSON_OBJECTAGG calls it', 'select json_objectagg(id: feels) from people'],
  ['a cast of an array casts its elements', `select array['low'::mood]::json[]`],
  ['a cast of a row casts its fields', `select row(row('a', 'b')::addr, 1)::boxed`],
  [
    'a comparison of rows compares their fields',
    `select (row('a', 'b')::addr, 1) operator(app.===) (row('a', 'b')::addr, 1)`,
  ],
  ['EXPLAIN of an UPDATE locks its table for writing', 'explain update orders set note = note'],
  [
    'EXPLAIN of an INSERT locks its table for writing',
    'explain (verbose) insert into orders (id) values (1)',
  ],
  ['EXPLAIN of a DELETE with a partitioned table locks its partitions', 'explain delete from events'],
  [
    'MERGE that does nothing locks its table for writing',
    'merge into orders o using items i on o.id = i.order_id when not matched then do nothing',
  ],
  [
    'MERGE that does nothing locks what inherits',
    'merge into animals a using items i on a.id = i.order_id when not matched then do nothing',
  ],
  [
    'ON CONFLICT reads the columns that it names',
    'insert into orders (id, total) values (1, 2) on conflict (id) do nothing',
  ],
  [
    'ON CONFLICT ON CONSTRAINT reads the columns of the constraint',
    'insert into orders (id, total) values (1, 2) on conflict on constraint orders_pkey do nothing',
  ],
  ['DELETE RETURNING obeys the policies for SELECT', 'delete from ledger returning *'],
  ['UPDATE with WHERE obeys the policies for SELECT', 'update ledger set amount = 1 where id = 1'],
  ['an UPDATE of the partition key deletes and inserts', `update events set kind = 'c' where kind = 'a'`],
];
