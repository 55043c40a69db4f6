/**
 * The store's database: PGlite in this process, one session, one statement at a time, to its end. Its clock is the
 * story's: `now()` and `clock_timestamp()` are found in the schema `simulation` before PostgreSQL's own, so that the
 * product's SQL runs as it is; so is what names the cluster. Statements are prepared once, which makes a story several times as fast.
 */
import { PGlite, protocol } from '@electric-sql/pglite';

const { serialize, Parser } = protocol;

type Row = Record<string, unknown>;

/** What the simulation's schema adds. The tables are made in it, too, so that their defaults use its clock. */
const virtualClock = `
  create schema simulation;
  create function simulation.clock_timestamp() returns timestamptz language sql volatile
    as $$ select current_setting('simulation.now')::timestamptz $$;
  create function simulation.now() returns timestamptz language sql stable
    as $$ select current_setting('simulation.now')::timestamptz $$;
  create function simulation.pg_control_system() returns table (system_identifier bigint) language sql stable
    as $$ select 1::bigint $$;
  set search_path = simulation, public, pg_catalog;
  set timezone = 'UTC';
  set plan_cache_mode = force_generic_plan;
  set synchronous_commit = off;
  listen countersign_moved`;

const setsClock = "select set_config('simulation.now', $1, false)";

/** Rows that were deleted stay in the tables' files for a while; after so many stories they are made anew. */
const storiesBetweenTruncations = 60;

export class Session {
  readonly #pglite: PGlite;
  readonly #prepared = new Map<string, string>();
  /** Milliseconds: what the store's clock says, and what it has to say at the next statement. */
  #clock = -1;
  #now = 0;
  #names = 0;
  #stories = 0;
  #tables: readonly string[] | null = null;
  #notices: string[] = [];

  private constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  static async open(): Promise<Session> {
    const pglite = await PGlite.create();
    await pglite.exec(virtualClock);
    return new Session(pglite);
  }

  close(): Promise<void> {
    return this.#pglite.close();
  }

  /** Says what time it is, from the next statement on. Milliseconds since the epoch. */
  setTime(now: number): void {
    this.#now = now;
  }

  /** Runs a statement. @throws the store's error, with its SQLSTATE as `code`. */
  run(text: string, values: readonly unknown[] = []): readonly Row[] {
    // A rollback takes a setting that was made in the transaction with it; after an error it is all that is let through.
    const sets = text !== 'rollback' && this.#clock !== this.#now;
    this.#clock = -1;
    const messages = [
      ...(sets ? this.#messages(setsClock, [new Date(this.#now).toISOString()]) : []),
      ...this.#messages(text, values),
      serialize.sync(),
    ];
    try {
      const rows = this.#read(this.#pglite.execProtocolRawSync(Buffer.concat(messages)));
      if (text !== 'rollback') this.#clock = this.#now;
      return rows;
    } catch (thrown) {
      // Whether it came to be prepared is not known.
      this.#prepared.delete(text);
      throw thrown;
    }
  }

  /** The calls that were notified of since this was asked last. */
  takeNotices(): readonly string[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  /** The product's tables, without the one that says which migrations ran. */
  tables(): readonly string[] {
    const named = this.run(
      "select tablename as name from pg_tables where schemaname = 'simulation' and tablename <> 'migrations' order by 1",
    );
    return named.map(({ name }) => String(name));
  }

  /** Forgets the last story. */
  empty(): void {
    this.#tables ??= this.tables();
    if (this.#stories++ % storiesBetweenTruncations === 0)
      this.run(`truncate ${this.#tables.join(', ')} restart identity`);
    else {
      this.run('set session_replication_role = replica');
      for (const table of this.#tables) this.run(`delete from ${table}`);
      this.run('set session_replication_role = origin');
    }
    this.#notices = [];
  }

  #messages(text: string, values: readonly unknown[]): readonly Uint8Array[] {
    const known = this.#prepared.get(text);
    const name = known ?? `s${++this.#names}`;
    this.#prepared.set(text, name);
    return [
      ...(known === undefined ? [serialize.parse({ name, text })] : []),
      serialize.bind({ statement: name, values: values.map(parameter) }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
    ];
  }

  /** The rows of the last statement there was an answer to. */
  #read(answer: Uint8Array): readonly Row[] {
    let rows: Row[] = [];
    let fields: readonly { readonly name: string; readonly dataTypeID: number }[] = [];
    const errors: Error[] = [];
    new Parser().parse(answer, (message) => {
      if (message.name === 'bindComplete') rows = [];
      else if ('fields' in message && message.name === 'rowDescription')
        fields = (message as unknown as { fields: typeof fields }).fields;
      else if (message.name === 'dataRow') {
        const cells = (message as unknown as { fields: readonly (string | null)[] }).fields;
        rows.push(
          Object.fromEntries(
            fields.map(({ name, dataTypeID }, at) => [name, valueOf(dataTypeID, cells[at] ?? null)]),
          ),
        );
      } else if (message.name === 'notification')
        this.#notices.push((message as unknown as { payload: string }).payload);
      else if (message instanceof Error) errors.push(message);
    });
    const [error] = errors;
    if (error !== undefined) throw error;
    return rows;
  }
}

function parameter(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new TypeError('a parameter of a kind that the product does not use');
}

/** A cell as the driver of the PostgreSQL store would hand it out. */
function valueOf(type: number, text: string | null): unknown {
  if (text === null) return null;
  switch (type) {
    case 16: // bool
      return text === 't';
    case 17: // bytea
      return Buffer.from(text.slice(2), 'hex');
    case 21: // int2
    case 23: // int4
    case 700: // float4
    case 701: // float8
      return Number(text);
    case 114: // json
    case 3802: // jsonb
      return JSON.parse(text);
    case 1184: // timestamptz
      return new Date(`${text.replace(' ', 'T')}:00`);
    default:
      return text;
  }
}
