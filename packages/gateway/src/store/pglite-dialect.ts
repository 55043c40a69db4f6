/**
 * Kysely over PGlite, by the wire protocol: a statement that is asked again is prepared, as on PostgreSQL, and takes one
 * turn of the embedded server instead of five. Kysely hands out one connection at a time, which is all that PGlite has.
 */
import { messages, type PGlite, parse, protocol, types } from '@electric-sql/pglite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PGliteDialect,
  type QueryResult,
} from 'kysely';
import { StatementNames } from './statement-names.ts';

const { serialize } = protocol;
type Messages = Awaited<ReturnType<PGlite['execProtocolStream']>>;

export function pgliteDialect(pglite: PGlite): PGliteDialect {
  return new PreparingDialect(pglite);
}

class PreparingDialect extends PGliteDialect {
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    super({ pglite });
    this.#pglite = pglite;
  }

  override createDriver(): Driver {
    return new PGliteDriver(this.#pglite);
  }
}

class PGliteDriver implements Driver {
  readonly #connection: PGliteConnection;
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
    this.#connection = new PGliteConnection(pglite);
  }

  async init(): Promise<void> {
    await this.#pglite.waitReady;
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(): Promise<void> {
    await this.#connection.simple('begin');
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.simple('commit');
  }

  async rollbackTransaction(): Promise<void> {
    await this.#connection.simple('rollback');
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    if (!this.#pglite.closed) await this.#pglite.close();
  }
}

class PGliteConnection implements DatabaseConnection {
  readonly #pglite: PGlite;
  readonly #names = new StatementNames();
  /** The columns of what is prepared, by statement name: an execution alone does not tell them. */
  readonly #columns = new Map<string, Messages>();

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (parameters.length === 0) return this.simple(sql);
    const name = this.#names.of(sql) ?? '';
    const known = this.#columns.get(name);
    // One that failed when it was first asked is prepared at the server, but not known here: it gives its name up.
    const prepare =
      known === undefined
        ? [
            serialize.close({ type: 'S', name }),
            serialize.parse({ name, text: sql }),
            serialize.describe({ type: 'S', name }),
          ]
        : [];
    const run = [
      serialize.bind({ statement: name, values: parameters.map(valueText) }),
      serialize.execute({}),
      serialize.sync(),
    ];
    const answer = await this.#pglite.execProtocolStream(Buffer.concat([...prepare, ...run]));
    if (known === undefined && name !== '')
      this.#columns.set(
        name,
        answer.filter((message) => message instanceof messages.RowDescriptionMessage),
      );
    return resultOf(known === undefined ? answer : [...known, ...answer]);
  }

  /** Without values, and of several statements where need be; the result is the last one's. */
  async simple<R>(sql: string): Promise<QueryResult<R>> {
    return resultOf(await this.#pglite.execProtocolStream(serialize.query(sql)));
  }

  /** Nothing of the store is streamed. */
  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('PGlite does not stream');
  }
}

function resultOf<R>(answer: Messages): QueryResult<R> {
  const { rows = [], affectedRows } = parse.parseResults(answer, types.parsers).at(-1) ?? {};
  return {
    rows: rows as R[],
    ...(affectedRows === undefined ? {} : { numAffectedRows: BigInt(affectedRows) }),
  };
}

/** A bound value as PostgreSQL reads it; bytes go as they are. */
function valueText(value: unknown): string | Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`;
  if (value instanceof Date) return value.toISOString();
  throw new TypeError('a value of a kind that the store does not bind');
}
