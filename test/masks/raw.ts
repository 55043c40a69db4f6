/** PostgreSQL's own answer to a text, nothing hidden: rows, COPY data, errors with all their fields, notices. */
import type { Client } from 'pg';
import type { Heard } from './canary.ts';

interface Said {
  readonly message?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly where?: string | undefined;
}

/** One text by the simple protocol; with parameters by the extended one. */
export async function askDirectly(
  client: Client,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Heard> {
  const columns: string[] = [];
  const rows: (string | null)[][] = [];
  const words: string[] = [];
  const say = ({ message, detail, hint, where }: Said): void => {
    words.push(...[message, detail, hint, where].filter((part) => part !== undefined));
  };
  client.on('notice', say);
  const { promise, resolve } = Promise.withResolvers<void>();
  client.query({
    submit(connection: unknown) {
      const wire = connection as {
        query(text: string): void;
        parse(message: { text: string }): void;
        bind(message: { values: readonly unknown[] }): void;
        describe(message: { type: 'P'; name: string }): void;
        execute(message: { rows: number }): void;
        sync(): void;
      };
      if (params.length === 0) return wire.query(sql);
      wire.parse({ text: sql });
      wire.bind({ values: params });
      wire.describe({ type: 'P', name: '' });
      wire.execute({ rows: 0 });
      wire.sync();
    },
    handleRowDescription(message: { fields: readonly { name: string }[] }) {
      columns.push(...message.fields.map(({ name }) => name));
    },
    handleDataRow(message: { fields: (string | null)[] }) {
      rows.push(message.fields);
    },
    handlePortalSuspended() {},
    handleCommandComplete(message: { text: string }) {
      words.push(message.text);
    },
    handleEmptyQuery() {},
    handleCopyInResponse() {},
    handleCopyData(message: { chunk: Buffer }) {
      rows.push([message.chunk.toString('utf8')]);
    },
    handleError(error: Said) {
      // The driver tells a failed query nothing more; the next one waits by itself for the server to be ready.
      say(error);
      resolve();
    },
    handleReadyForQuery: () => resolve(),
  });
  await promise;
  client.off('notice', say);
  return { columns, rows, words };
}
