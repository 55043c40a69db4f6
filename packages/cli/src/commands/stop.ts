/** `countersign stop`: the kill switch. It outranks consent already given, and also cancels what runs. */
import type { Client } from '@countersign/client';
import {
  type StopId,
  type StopRequest,
  type StopScope,
  stopIdSchema,
  unknownConnection,
} from '@countersign/core';
import {
  type AddCommand,
  type CallerName,
  type CommonOptions,
  commandGroup,
  type Host,
  parseCaller,
  parseId,
  parseName,
  withCommonOptions,
  withExamples,
  withHelpOf,
} from '../options.ts';
import { operatorClient } from '../reach-gateway.ts';
import { printable } from '../terminal/printable.ts';
import { table } from '../terminal/table.ts';
import { UsageError } from '../usage-error.ts';

interface StopOptions extends CommonOptions {
  readonly principal?: CallerName;
  readonly connection?: string;
  readonly all?: true;
  readonly lift?: StopId;
  readonly reason?: string;
}

export const addStop: AddCommand = (program, host) => {
  const stop = commandGroup(program, 'stop', 'the kill switch: end what runs, and let nothing more run');
  const now = stop
    .command('now', { isDefault: true })
    .description('stop one agent, one connection or everything, at once; or lift a stop')
    .option(
      '--principal <id>',
      'nothing runs for this agent or service: agent:NAME or service:NAME',
      parseCaller,
    )
    .option('--connection <name>', 'nothing runs on this connection', parseName)
    .option('--all', 'nothing runs at all')
    .option('--lift <id>', 'end a stop, by the id that it was given: stop_…', parseId(stopIdSchema))
    .option('--reason <text>', 'why; the record keeps it');
  withHelpOf(stop, now);
  withExamples(stop, 'countersign stop --all --reason "looking into it"', 'countersign stop --lift stop_…');
  withCommonOptions(now).action(async () => {
    const options = now.opts<StopOptions>();
    const scope = scopeOf(options);
    const client = await operatorClient(host, options);
    const { out, err } = host.terminal;
    if (scope === null) {
      await client.liftStop(options.lift as StopId, { signal: host.signal });
      if (options.json === true) await out.line(JSON.stringify({ id: options.lift, lifted: true }));
      return await err.line(`${options.lift} is lifted.`);
    }
    const request: StopRequest = {
      scope,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    };
    const view = await client.createStop(request, { signal: host.signal });
    if (options.json === true) return await out.line(JSON.stringify(view, null, 2));
    await out.line(view.id);
    await err.line(`Stopped: ${scopeInWords(scope)}. Lift it with \`countersign stop --lift ${view.id}\`.`);
    if (scope.kind === 'connection') await warnOfUnknown(host, client, scope.connection);
  });
  const list = stop.command('list').description('all stops, those in force first');
  withCommonOptions(list).action(async () => {
    const options = list.opts<CommonOptions>();
    const { stops } = await (await operatorClient(host, options)).listStops({ signal: host.signal });
    const { out, err } = host.terminal;
    if (options.json === true) return await out.line(JSON.stringify({ stops }, null, 2));
    if (stops.length === 0) return await err.line('Nothing is stopped.');
    const inForceFirst = stops.toSorted(
      (a, b) => Number(a.lifted_at !== null) - Number(b.lifted_at !== null),
    );
    const rows = inForceFirst.map((view) => [
      view.id,
      scopeInWords(view.scope),
      view.lifted_at === null ? 'in force' : `lifted ${view.lifted_at}`,
      view.by,
      view.created_at,
      view.reason,
    ]);
    for (const line of table(['id', 'what', 'state', 'by', 'since', 'why'], rows, out.paint))
      await out.line(line);
  });
};

/** A stop holds for a connection that is not there, too; whoever misspelt one has stopped nothing. */
async function warnOfUnknown({ terminal: { err }, signal }: Host, client: Client, name: string) {
  const there = await client.inspectConnections({ signal }).catch(() => null);
  const names = there?.connections.map((connection) => connection.name) ?? [name];
  if (names.includes(name)) return;
  await err.line(`${err.paint('yellow', 'warning')} ${printable(unknownConnection(name, names).message)}`);
}

/** The one thing to stop; null where a stop is to be lifted. */
function scopeOf({ principal, connection, all, lift }: StopOptions): StopScope | null {
  const wanted: (StopScope | null)[] = [
    ...(principal === undefined ? [] : [{ kind: 'principal', principal: principal.id } as const]),
    ...(connection === undefined ? [] : [{ kind: 'connection', connection } as const]),
    ...(all === undefined ? [] : [{ kind: 'all' } as const]),
    ...(lift === undefined ? [] : [null]),
  ];
  const [only, another] = wanted;
  if (only !== undefined && another === undefined) return only;
  throw new UsageError(
    wanted.length === 0 ? 'nothing to stop' : 'several things at once',
    'one of --principal ID, --connection NAME, --all, --lift ID',
  );
}

function scopeInWords(scope: StopScope): string {
  if (scope.kind === 'all') return 'everything';
  return scope.kind === 'principal' ? scope.principal : `connection ${scope.connection}`;
}
