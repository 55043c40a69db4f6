/** Looks at a PostgreSQL connection as a careful operator would: each login, the server, the way there. */
import { type Finding, fine, problem, type Resource } from '@countersign/core';
import type { ConnectionConfig } from '@countersign/policy';
import type { Client } from 'pg';
import { faultInWords } from '../../connections/fault-in-words.ts';
import { type PostgresConnection, postgresConnection } from '../../connections/postgres-connection.ts';
import { type LoginName, type Logins, readLogins } from '../../connections/postgres-logins.ts';
import { withSignal } from '../../connections/with-signal.ts';
import { compareClocks } from '../../doctor/clock.ts';
import { encryption } from '../../doctor/encryption.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Inspection } from '../protocol.ts';
import { deadline } from './deadline.ts';
import { type Columns, columnsSeenBy } from './inspect/columns.ts';
import { serverVersion, takesWrites, talksDirectly } from './inspect/server.ts';
import type { Session } from './inspect/session.ts';
import { sessionFacts } from './inspect/session-facts.ts';
import { searchPath, timeouts } from './inspect/settings.ts';
import { strength } from './inspect/strength.ts';
import { tryWall } from './inspect/try-wall.ts';
import { walls } from './inspect/walls.ts';

/** Milliseconds for all of it. */
const withinMs = 5000;

interface Seen {
  readonly session: Session;
  readonly columns: Columns;
  /** What came of trying to walk through a wall. */
  readonly tried: readonly Finding[];
}

/** As {@link Protocol.inspect}. */
export async function inspect(
  config: ConnectionConfig,
  runtime: Runtime,
  signal: AbortSignal,
  isHidden?: (column: Resource) => boolean,
): Promise<Inspection> {
  const logins = readLogins(config);
  const connection = postgresConnection(logins, runtime, { waitMs: 2 * withinMs });
  const clock = deadline(runtime, withinMs, [signal]);
  try {
    const names = separate(logins);
    const looking = names.map((name) =>
      withSignal(look(connection, runtime, logins, name, isHidden), clock.signal),
    );
    const looked = await Promise.allSettled(looking);
    signal.throwIfAborted();
    const seen = new Map<LoginName, Seen>();
    const unreached = looked.flatMap((one, index) => {
      const name = names[index] ?? 'write';
      if (one.status === 'rejected') return [unreachable(labelOf(logins, name), one.reason)];
      seen.set(name, one.value);
      return [];
    });
    return judged(config, logins, names, seen, unreached);
  } finally {
    clock.clear();
    await connection.close();
  }
}

/** The logins that are URLs of their own, the strongest first. */
function separate({ urls, hasWall }: Logins): readonly LoginName[] {
  return [
    'write',
    ...(urls.read === urls.write ? [] : (['read'] as const)),
    ...(hasWall && urls.wall !== urls.read ? (['wall'] as const) : []),
  ];
}

const labelOf = ({ urls }: Logins, name: LoginName): string =>
  urls.wall === urls.write && urls.read === urls.write ? 'the login' : `logins.${name}`;

async function look(
  connection: PostgresConnection,
  runtime: Runtime,
  logins: Logins,
  name: LoginName,
  isHidden: ((column: Resource) => boolean) | undefined,
): Promise<Seen> {
  return await connection.aside(name, async (client: Client) => {
    const facts = await sessionFacts(client, runtime);
    const session = { label: labelOf(logins, name), forReads: name !== 'write', facts };
    const tried = name === 'wall' && isHidden !== undefined ? await tryWall(client, isHidden, runtime) : [];
    return { session, columns: await columnsSeenBy(client), tried };
  });
}

function unreachable(label: string, thrown: unknown): Finding {
  const { what, advice } = faultInWords(thrown);
  return problem('target.reachable', `${label}: ${what}`, advice);
}

function judged(
  config: ConnectionConfig,
  { hasWall }: Logins,
  separated: readonly LoginName[],
  seen: ReadonlyMap<LoginName, Seen>,
  unreached: readonly Finding[],
): Inspection {
  const byLogin = new Map([...seen].map(([name, { session }]) => [name, session]));
  const sessions = [...byLogin.values()];
  const write = byLogin.get('write');
  const [main] = write === undefined ? sessions : [write];
  if (main === undefined) return { findings: unreached, columns: null, wallReads: null };
  const as = separated.length > 1 ? ` as ${sessions.map(({ label }) => label).join(', ')}` : '';
  const reached = unreached.length > 0 ? [] : [fine('target.reachable', `reached${as}`)];
  return {
    findings: [
      ...unreached,
      ...reached,
      serverVersion(main.facts),
      ...talksDirectly(main.facts),
      ...(write === undefined ? [] : takesWrites(write.facts)),
      encryption(
        'target.tls',
        sessions.map(({ label, facts }) => ({ label, ...facts.way })),
      ),
      ...sessions.map(strength),
      ...walls(byLogin, hasWall, separated),
      ...[...seen.values()].flatMap(({ tried }) => tried),
      ...timeouts(sessions, config.limits.timeoutMs),
      searchPath(main),
      compareClocks(config.name, main.facts.clock),
    ],
    columns: [...seen.values()][0]?.columns.all ?? null,
    wallReads: seen.get('wall')?.columns.readable ?? null,
  };
}
