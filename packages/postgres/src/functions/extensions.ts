/**
 * What calling a function of the extensions that come with the server does. A function is known by its library and symbol:
 * only a superuser makes a function in C, so that no name, schema or membership can pretend to be one of these.
 */
import type { Action } from '@countersign/core';
import type { UserFunction } from '../catalog/catalog.ts';
import { extensionSymbolLines } from '../generated/extension-symbols.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** By library, with the symbols that are meant; none for all of it. */
type Symbols = readonly (readonly [library: string, symbols: readonly string[]])[];

/** Volatile, and all the same without an effect: chance, salts, what the session is, counts of what pages hold. */
const harmlessVolatile: Symbols = [
  ['pgcrypto', words('pg_gen_salt pg_gen_salt_rounds pg_random_bytes pg_random_uuid pgp_pub_encrypt_bytea')],
  ['pgcrypto', words('pgp_pub_encrypt_text pgp_sym_encrypt_bytea pgp_sym_encrypt_text pg_check_fipsmode')],
  ['tablefunc', words('normal_rand')],
  ['uuid-ossp', words('uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4')],
  ['sslinfo', []],
  ['pg_buffercache', words('pg_buffercache_pages pg_buffercache_summary pg_buffercache_usage_counts')],
  ['pg_freespacemap', []],
  ['pgstattuple', []],
  ['pg_visibility', words('pg_visibility pg_visibility_rel pg_visibility_map pg_visibility_map_rel')],
  ['pg_visibility', words('pg_visibility_map_summary')],
];

/** Declared harmless, but they run SQL that is given as text, or call the input functions of any type. */
const runsText: Symbols = [
  ['tablefunc', words('crosstab crosstab_hash connectby_text connectby_text_serial')],
  ['pgxml', words('xpath_table xslt_process')],
  ['hstore', words('hstore_populate_record')],
];

/** Other servers, the server's files, its buffers and what its tables are made of. */
const administers: Symbols = [
  ['dblink', words('dblink_connect dblink_disconnect dblink_open dblink_fetch dblink_close dblink_record')],
  ['dblink', words('dblink_send_query dblink_get_result dblink_exec dblink_cancel_query dblink_is_busy')],
  ['dblink', words('dblink_get_notify')],
  ['adminpack', []],
  ['postgres_fdw', words('postgres_fdw_disconnect postgres_fdw_disconnect_all')],
  ['pg_buffercache', words('pg_buffercache_evict pg_buffercache_evict_all pg_buffercache_evict_relation')],
  ['pg_prewarm', words('autoprewarm_start_worker autoprewarm_dump_now')],
  ['pg_stat_statements', words('pg_stat_statements_reset_1_7 pg_stat_statements_reset_1_11')],
  ['pg_surgery', []],
  ['pg_visibility', words('pg_truncate_visibility_map')],
];

/** Pages, log records and statements as they are, past the tables' names and the masks. */
const secret: Symbols = [
  ['adminpack', words('pg_logdir_ls_v1_1')],
  ['pageinspect', []],
  ['pg_walinspect', []],
  ['pg_logicalinspect', []],
  ['pg_stat_statements', words('pg_stat_statements_1_10 pg_stat_statements_1_12')],
];

const actions: ReadonlyMap<string, Action | null> = readSymbols();

function readSymbols(): Map<string, Action | null> {
  const all = extensionSymbolLines.split('\n').map((line) => line.split(/ (?=.$)/));
  const found = new Map<string, Action | null>(
    all.map(([symbol = '', volatility]) => [symbol, volatility === 'v' ? 'execute' : null]),
  );
  const judge = (lists: Symbols, action: Action | null) => {
    for (const [library, symbols] of lists)
      for (const symbol of found.keys()) {
        const [, of, name = ''] = symbol.split(' ');
        if (of === library && (symbols.length === 0 || symbols.includes(name))) found.set(symbol, action);
      }
  };
  judge(harmlessVolatile, null);
  judge(runsText, 'execute');
  judge(administers, 'admin');
  judge(secret, 'secret');
  return found;
}

/** What a call of a user's function does beyond giving a value; null for one of an extension's that does nothing. */
export function actionOf({ symbols }: Pick<UserFunction, 'symbols'>): Action | null {
  const known = symbols.map((symbol) => actions.get(symbol));
  if (known.length === 0 || known.includes(undefined)) return 'execute';
  return known.find((action) => action !== null) ?? null;
}
