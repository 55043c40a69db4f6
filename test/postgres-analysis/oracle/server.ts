/** A server as the oracle: a database with the world in it, and the questions that are asked of it. */
import { readFileSync } from 'node:fs';
import { type Catalog, catalogQuery, isSupportedMajor, type Major, readCatalog } from '@countersign/postgres';
import { Client } from 'pg';

const file = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** What a write did, as the server counts it. */
export interface WriteReport {
  readonly state: string;
  /** By relation id: rows inserted, updated, deleted. */
  readonly rows: ReadonlyMap<string, readonly [number, number, number]>;
  /** Ids of the relations that were locked for writing. */
  readonly locked: readonly string[];
}

/** What a statement answers: the SQLSTATE where it fails, and its rows as text. */
export interface Answer {
  readonly state: string;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Other values for those of a type, none of them among the world's. */
const otherValues: readonly (readonly [type: RegExp, value: string])[] = [
  [/^(?:smallint|integer|bigint|numeric.*|double precision|app\.posint)$/, 'coalesce(x, 0) + 1000'],
  [/^(?:text|app\.told)$/, "coalesce(x, '') || '~'"],
  [/^character varying/, "'~' || left(x, 5)"],
  [/^date$/, 'coalesce(x, current_date) + 4000'],
  [/^time/, "coalesce(x, '2001-01-01 02:03') + interval '3 hours 7 minutes'"],
  [/^boolean$/, 'x is not true'],
  [/^app\.mood$/, "'high'::app.mood"],
  [/^app\.addr$/, "row('~' || coalesce((x).street, ''), '~')::app.addr"],
  [/^text\[\]$/, "array['~'] || x"],
  [/^jsonb$/, `coalesce(x, '{}') || '{"k": 77, "l": [9, 9], "z": 1}'`],
  [/^json$/, `'{"a": 2, "b": 3}'`],
  [/^uuid$/, 'md5(x::text)::uuid'],
  [/^bytea$/, "'\\x77'::bytea || x"],
  [/^int4range$/, 'int4range(50, 60)'],
];

/** What a statement answers with the values that there are, and with others. */
export interface Change {
  readonly was: Answer;
  readonly is: Answer;
}

export class Oracle {
  readonly catalog: Catalog;
  readonly #client: Client;
  readonly #url: string;

  private constructor(client: Client, url: string, catalog: Catalog) {
    this.#client = client;
    this.#url = url;
    this.catalog = catalog;
  }

  /** @param url A superuser's, of an empty database that may be changed; roles are made in its server. */
  static async open(url: string): Promise<Oracle> {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('drop role if exists oracle_agent, oracle_exact');
    await client.query(file('../../conformance/sql/world.sql'));
    await client.query(file('harness.sql'));
    const { rows } = await client.query<{ version: string; name: string }>(
      `select current_setting('server_version_num') as version, current_database() as name`,
    );
    const major = Math.floor(Number(rows[0]?.version) / 10_000);
    if (!isSupportedMajor(major)) throw new Error(`no oracle of PostgreSQL ${major}`);
    await client.query(`alter database ${rows[0]?.name} set search_path = app, public`);
    await client.query(
      "set search_path = app, public; set statement_timeout = '500ms'; set jit = off; set client_min_messages = error",
    );
    const catalog = await loadCatalog(client, major);
    return new Oracle(client, url, catalog);
  }

  get major(): Major {
    return this.catalog.major;
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  /**
   * Runs statements in one transaction, as an ordinary role.
   *
   * @returns The SQLSTATE of each, and what the transaction left behind that a read does not.
   */
  async read(
    statements: readonly string[],
    mode: 'read only' | 'read write',
  ): Promise<{ readonly states: readonly string[]; readonly traces: readonly string[] }> {
    await this.#client.query(`begin ${mode}; set local role oracle_agent`);
    try {
      const states: string[] = [];
      for (const statement of statements) {
        const { rows } = await this.#client.query<{ run: string }>('select oracle.run($1)', [statement]);
        states.push(rows[0]?.run ?? '');
      }
      const { rows } = await this.#client.query<{ traces: string[] }>('select oracle.traces()');
      return { states, traces: rows[0]?.traces ?? [] };
    } finally {
      await this.#client.query(mode === 'read write' ? 'commit' : 'rollback');
    }
  }

  /** Everything an outside connection sees, but for tables whose planning tells on itself: rows, sequences, catalogs, large objects, locks, settings of roles. */
  async seenFromOutside(): Promise<string> {
    const client = new Client({ connectionString: this.#url });
    await client.connect();
    try {
      const { rows } = await client.query<{ seen: string }>(`
        select concat_ws(' ',
          (select md5(string_agg(query_to_xml(format('select * from %s', oid::regclass), true, true, '')::text, '' order by oid))
           from pg_class where relkind in ('r', 'm', 'S') and oid >= 16384 and relname !~ '^(?:folded|checked|counted)'),
          (select count(*) from pg_class), (select count(*) from pg_proc), (select count(*) from pg_largeobject_metadata),
          (select count(*) from pg_db_role_setting), (select count(*) from pg_locks where locktype = 'advisory'),
          (select count(*) from pg_prepared_xacts), (select count(*) from pg_replication_slots)) as seen`);
      return rows[0]?.seen ?? '';
    } finally {
      await client.end();
    }
  }

  /**
   * @param grants What the exact role holds.
   * @param lacking Roles that lack one thing each.
   * @returns The SQLSTATE of the exact role, then that of each other.
   */
  async demands(
    statement: string,
    grants: readonly string[],
    lacking: readonly string[],
  ): Promise<readonly string[]> {
    const { rows } = await this.#client.query<{ demands: string[] }>('select oracle.demands($1, $2, $3)', [
      statement,
      grants,
      lacking,
    ]);
    return rows[0]?.demands ?? [];
  }

  /** The columns that the server's own analysis of a statement marks as read; null for what it makes no rule of. */
  async marks(statement: string): Promise<ReadonlySet<string> | null> {
    const { rows } = await this.#client.query<{ marks: string | null }>('select oracle.marks($1)', [
      statement,
    ]);
    const tree = rows[0]?.marks ?? '';
    if (tree === '') return null;
    const marked = new Set<string>();
    for (const [, oid = '', bits = ''] of tree.matchAll(
      /:relid (\d+) (?:(?!:relid).)*?:selectedCols \(b([^)]*)\)/g,
    )) {
      const relation = this.catalog.relationsByOid.get(oid);
      if (relation === undefined || relation.system) continue;
      const name = `${relation.schema}.${relation.name}`;
      for (const bit of bits.trim().split(' ').filter(Boolean)) {
        // Bits count from the lowest system column; 7 is the whole row, what comes after the columns by number.
        const number = Number(bit) - 7;
        const columns = number === 0 ? relation.columns : relation.columns.slice(number - 1, number);
        if (number >= 0) for (const column of columns) marked.add(`${name}.${column.name}`);
      }
    }
    return marked;
  }

  /** A role for each column of the world, that may do everything but read that column; by the column's name. */
  async lackingRoles(): Promise<ReadonlyMap<string, string>> {
    const roles = new Map<string, string>();
    const relations = [...this.catalog.relationsByOid.values()].filter(
      ({ schema, kind }) => (schema === 'app' || schema === 'public') && ['r', 'p', 'v', 'm'].includes(kind),
    );
    for (const relation of relations)
      for (const column of relation.columns) {
        const role = `oracle_lacks_${roles.size}`;
        const name = `${relation.schema}.${relation.name}`;
        const others = relation.columns.filter((one) => one !== column).map((one) => `"${one.name}"`);
        await this.#client.query(`
          drop role if exists ${role}; create role ${role};
          grant usage on schema app, lib, public, oracle to ${role};
          grant all on all tables in schema app, public to ${role};
          grant all on all sequences in schema app, lib to ${role};
          revoke select on ${name} from ${role};
          ${others.length === 0 ? '' : `grant select (${others.join(', ')}) on ${name} to ${role};`}`);
        roles.set(`${name}.${column.name}`, role);
      }
    return roles;
  }

  /** Ends what {@link lackingRoles} made: roles belong to the whole server. */
  async dropRoles(roles: Iterable<string>): Promise<void> {
    for (const role of [...roles, 'oracle_agent', 'oracle_exact'])
      await this.#client.query(`drop owned by ${role}; drop role ${role}`);
  }

  /** The columns of the world whose values may be changed, as in `app.people.name`, with what another value is made by. */
  async otherValues(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.#client.query<{ name: string; column: string; type: string }>(`
      select c.oid::regclass::text as name, n.nspname || '.' || c.relname || '.' || a.attname as column, format_type(a.atttypid, a.atttypmod) as type
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where n.nspname in ('app', 'public') and c.relkind = 'r' and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
        and not exists (select from pg_partitioned_table p join pg_inherits i on i.inhparent = p.partrelid
                        where i.inhrelid = c.oid and a.attname = 'kind')
        and c.relname !~ '^(?:audit|stamped|folded|checked|counted)'`);
    const values = new Map<string, string>();
    for (const { column, type } of rows) {
      const plain = type.includes('.') || !/^(?:mood|addr|posint|told)/.test(type) ? type : `app.${type}`;
      const value = otherValues.find(([of]) => of.test(plain))?.[1];
      if (value !== undefined) values.set(column, value);
    }
    return values;
  }

  /**
   * What statements answer before and after all values of a column are others, and the values it then holds. Null for one
   * that answers otherwise with the old values again: rows that come in no order, of which another plan takes others.
   */
  async changing(
    column: string,
    value: string,
    statements: readonly string[],
  ): Promise<{ changes: readonly (Change | null)[]; held: ReadonlySet<string> }> {
    const [table, name] = [
      column.slice(0, column.lastIndexOf('.')),
      column.slice(column.lastIndexOf('.') + 1),
    ];
    await this.#client.query('begin; set local session_replication_role = replica; savepoint change');
    try {
      const answers = async (set: string, asked: readonly string[]) => {
        // Rows lie in the same order either way.
        await this.#client.query(`update only ${table} set ${name} = ${set}`);
        const said = new Map<string, Answer>();
        for (const statement of asked) said.set(statement, await this.#answer(statement));
        return said;
      };
      const undone = () => this.#client.query('rollback to change');
      const before = await answers(name, statements);
      await undone();
      const after = await answers(value.replaceAll(/\bx\b/g, name), statements);
      const held = await this.#answer(`select ${name} from only ${table}`);
      await undone();
      const differs = (statement: string, than: ReadonlyMap<string, Answer>) =>
        JSON.stringify(before.get(statement)) !== JSON.stringify(than.get(statement));
      const changed = statements.filter((statement) => differs(statement, after));
      const again = await answers(name, changed);
      const unsteady = new Set(changed.filter((statement) => differs(statement, again)));
      const changes = statements.map((statement): Change | null => {
        const [was, is] = [before.get(statement), after.get(statement)];
        return was === undefined || is === undefined || unsteady.has(statement) ? null : { was, is };
      });
      return { changes, held: new Set(held.rows.map(([one]) => one ?? '')) };
    } finally {
      await this.#client.query('rollback');
    }
  }

  async #answer(statement: string): Promise<Answer> {
    await this.#client.query('savepoint asked');
    try {
      const types = { getTypeParser: () => (text: string) => text };
      const query = { text: statement, rowMode: 'array', types, queryMode: 'extended' } as const;
      const { rows } = await this.#client.query<(string | null)[]>(query);
      return { state: '', rows };
    } catch (error) {
      return { state: (error as { code: string }).code, rows: [] };
    } finally {
      await this.#client.query('rollback to asked');
    }
  }

  async begin(): Promise<void> {
    await this.#client.query('begin');
  }
  async rollback(): Promise<void> {
    await this.#client.query('rollback');
  }

  /** What a statement writes as an ordinary role; it is rolled back. */
  async writes(statement: string): Promise<WriteReport> {
    await this.#client.query('begin; set local role oracle_agent');
    try {
      const { rows } = await this.#client.query<{
        writes: { state: string; before: Counts; after: Counts; locked: string[] | null };
      }>('select oracle.writes($1)', [statement]);
      const found = rows[0]?.writes;
      if (found === undefined) throw new Error('the oracle said nothing');
      const changed = new Map<string, readonly [number, number, number]>();
      for (const [oid, now] of Object.entries(found.after ?? {})) {
        const was = found.before?.[oid] ?? [0, 0, 0];
        const rowsOf = [now[0] - was[0], now[1] - was[1], now[2] - was[2]] as const;
        if (rowsOf.some((n) => n > 0)) changed.set(oid, rowsOf);
      }
      return { state: found.state, rows: changed, locked: found.locked ?? [] };
    } finally {
      await this.#client.query('rollback');
    }
  }
}

type Counts = Readonly<Record<string, readonly [number, number, number]>> | null;

async function loadCatalog(client: Client, major: Major): Promise<Catalog> {
  const { rows } = await client.query<[string]>({ text: catalogQuery(major), rowMode: 'array' });
  return readCatalog(rows[0]?.[0] ?? '', major);
}
