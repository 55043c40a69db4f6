/**
 * One statement through a portal, by the extended protocol: the server takes exactly one statement from a text, and
 * hands out its rows in batches, so that a cap stops the query instead of its result. Cells are the server's own text.
 *
 * A step is one round trip that ends in a Sync, so that the connection is free for other statements between two steps;
 * inside a transaction the portal lives on.
 */
import type { Client } from 'pg';

/** What a step brought, besides the rows it handed on. */
export interface Step {
  /** Labels of the output columns; empty for a statement that returns none. */
  readonly columns: readonly string[];
  /** Whether the batch was full, so that there may be more rows. */
  readonly suspended: boolean;
  /** The command's own word at its end: `UPDATE 3`; null while suspended. */
  readonly tag: string | null;
  /** Where it was asked for: the server's snapshot after the first batch, so with its locks held; null on a standby. */
  readonly snapshot: string | null;
}

export type Row = readonly (string | null)[];

export interface PortalRequest {
  readonly text: string;
  readonly values: readonly (string | null)[];
  /** Rows to hand out at most. */
  readonly rows: number;
  readonly onRow: (row: Row) => void;
  /** Whether to ask for the snapshot too, in the same round trip. Default false. */
  readonly snapshot?: boolean;
}

/**
 * Which transactions are visible, and in which schemas names are looked up, as text: a reload of the server's
 * configuration changes the latter without a transaction. Two that are the same, taken on one connection, see the same
 * catalog in the same way. The snapshot of a standby does not name the transactions in progress, so it tells nothing.
 */
const snapshotQuery = `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
  ELSE pg_catalog.concat(pg_catalog.pg_current_snapshot(), pg_catalog.current_schemas(true)) END`;

/** The part of the driver's connection that is spoken to here. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string }): void;
  close(message: { type: 'P'; name: string }): void;
  bind(message: { portal?: string; values?: readonly (string | null)[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal?: string; rows: number }): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

/** No statement of an agent can name it: cursors are denied. */
const portal = 'countersign';

/** Parses, binds and runs a statement up to its first batch. Rejects with the driver's error. */
export function openPortal(
  client: Client,
  { text, values, rows, onRow, snapshot = false }: PortalRequest,
): Promise<Step> {
  return submit(client, onRow, (wire) => {
    wire.parse({ text });
    // An earlier statement of the same transaction may have left its own behind.
    wire.close({ type: 'P', name: portal });
    wire.bind({ portal, values });
    wire.describe({ type: 'P', name: portal });
    wire.execute({ portal, rows });
    if (!snapshot) return;
    wire.parse({ text: snapshotQuery });
    wire.bind({});
    wire.execute({ rows: 0 });
  });
}

/** Fetches the next batch. Its `columns` are empty: the first step told them. */
export function fetchMore(client: Client, rows: number, onRow: (row: Row) => void): Promise<Step> {
  return submit(client, onRow, (wire) => wire.execute({ portal, rows }));
}

function submit(client: Client, onRow: (row: Row) => void, send: (wire: Wire) => void): Promise<Step> {
  const { promise, resolve, reject } = Promise.withResolvers<Step>();
  let columns: readonly string[] = [];
  let suspended = false;
  let tag: string | null = null;
  let snapshot: string | null = null;
  // What comes after the batch's end is the snapshot's.
  let ended = false;
  const step = {
    submit(connection: unknown): void {
      const wire = connection as Wire;
      wire.stream.cork();
      send(wire);
      wire.sync();
      wire.stream.uncork();
    },
    handleRowDescription(message: { fields: readonly { name: string }[] }): void {
      columns = message.fields.map((field) => field.name);
    },
    handleDataRow(message: { fields: Row }): void {
      if (ended) snapshot = message.fields[0] ?? null;
      else onRow(message.fields);
    },
    handlePortalSuspended(): void {
      suspended = ended = true;
    },
    handleCommandComplete(message: { text: string }): void {
      if (!ended) tag = message.text;
      ended = true;
    },
    handleEmptyQuery(): void {
      ended = true;
    },
    handleCopyInResponse(connection: unknown): void {
      (connection as Wire).sendCopyFail('COPY is not supported');
    },
    handleCopyData(): void {},
    handleError(error: unknown): void {
      reject(error);
    },
    handleReadyForQuery(): void {
      resolve({ columns, suspended, tag, snapshot });
    },
  };
  client.query(step);
  return promise;
}
