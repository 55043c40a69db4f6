/**
 * What calling one of the server's own functions does. An immutable or stable function is harmless unless it is named
 * here; a volatile one is not, unless it is named here. Where a volatile function is not named, calling it is `execute`.
 */
import type { Action } from '@countersign/core';
import type { BuiltinFunction } from './builtins.ts';

/** Whose effect it is: the function's own name, or what its first argument names. */
export type HarmResource = 'function' | 'sequence' | 'setting' | 'file' | 'large_object';

export interface Harm {
  readonly action: Action;
  readonly resource: HarmResource;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Volatile, and all the same without an effect: clocks, chance, sizes, numbers about the server. */
const harmlessVolatile: ReadonlySet<string> = new Set(
  words(`
    clock_timestamp timeofday current_query random random_normal gen_random_uuid uuidv4 uuidv7 array_sample array_shuffle bernoulli
    system currval lastval pg_xact_status txid_status pg_is_in_recovery pg_is_wal_replay_paused
    pg_get_wal_replay_pause_state pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size
    pg_database_size pg_tablespace_size pg_partition_tree pg_partition_ancestors pg_blocking_pids
    pg_safe_snapshot_blocking_pids pg_jit_available pg_current_wal_lsn pg_current_wal_insert_lsn
    pg_current_wal_flush_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
    pg_xact_commit_timestamp pg_last_committed_xact pg_notification_queue_usage pg_collation_actual_version
    pg_database_collation_actual_version pg_sequence_last_value pg_get_wait_events
    pg_isolation_test_session_is_blocked pg_lock_status pg_stat_have_stats amvalidate
    pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls
    pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans
    pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
    pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned
    pg_stat_get_xact_tuples_updated pg_stat_get_io pg_stat_get_backend_io pg_stat_get_backend_wal
    pg_stat_get_recovery_prefetch dsnowball_lexize`),
);

/** Reads that expose credentials, server files, other sessions, or data wholesale past the tables' names. */
const secret: ReadonlySet<string> = new Set(
  words(`
    pg_show_all_file_settings pg_hba_file_rules pg_ident_file_mappings pg_stat_get_activity
    pg_stat_get_backend_activity pg_stat_get_wal_receiver pg_stat_get_wal_senders pg_prepared_xact
    pg_stat_get_subscription pg_get_replication_slots pg_mcv_list_items pg_logical_slot_peek_changes
    pg_logical_slot_peek_binary_changes pg_get_backend_memory_contexts pg_get_shmem_allocations
    pg_get_shmem_allocations_numa pg_current_logfile pg_control_checkpoint pg_control_init
    pg_control_recovery pg_control_system pg_ls_logdir pg_ls_waldir pg_ls_archive_statusdir pg_ls_tmpdir
    pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_get_loaded_modules
    pg_get_aios pg_available_wal_summaries pg_wal_summary_contents pg_get_wal_summarizer_state pg_config
    pg_stat_get_progress_info pg_show_all_settings pg_stat_get_backend_client_addr pg_stat_get_backend_client_port
    pg_stat_get_backend_userid pg_stat_get_backend_dbid pg_stat_get_backend_pid pg_stat_get_backend_idset
    pg_stat_get_backend_start pg_stat_get_backend_activity_start pg_stat_get_backend_xact_start
    pg_stat_get_backend_wait_event pg_stat_get_backend_wait_event_type pg_stat_get_backend_subxact`),
);

/** Run or look into SQL that stands in a text, read tables named in one, or read a value as of a type named in one. */
const runsText: ReadonlySet<string> = new Set(
  words(`
    query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema
    table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema
    schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema database_to_xml_and_xmlschema
    ts_stat ts_rewrite pg_input_is_valid pg_input_error_info fmgr_internal_validator fmgr_c_validator
    fmgr_sql_validator`),
);

const administers: ReadonlySet<string> = new Set(
  words(`
    pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal
    pg_create_restore_point pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup pg_wal_replay_pause
    pg_wal_replay_resume pg_import_system_collations pg_stat_reset pg_stat_reset_shared pg_stat_reset_slru
    pg_stat_reset_backend_stats pg_stat_reset_replication_slot pg_stat_reset_subscription_stats
    pg_stat_reset_single_table_counters pg_stat_reset_single_function_counters pg_create_physical_replication_slot
    pg_create_logical_replication_slot pg_copy_physical_replication_slot pg_copy_logical_replication_slot
    pg_drop_replication_slot pg_replication_slot_advance pg_sync_replication_slots pg_logical_slot_get_changes
    pg_logical_slot_get_binary_changes pg_log_backend_memory_contexts pg_log_standby_snapshot
    pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_advance
    pg_restore_relation_stats pg_restore_attribute_stats pg_clear_relation_stats pg_clear_attribute_stats
    pg_stop_making_pinned_objects`),
);

/** Session locks and settings outlive the statement: there is no session to hold them. */
const needsSession: ReadonlySet<string> = new Set(
  words(`
    pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared pg_advisory_unlock
    pg_advisory_unlock_shared pg_advisory_unlock_all`),
);

/** Settings that may hold a password or a command with one. */
export const secretSettings: ReadonlySet<string> = new Set(
  words(`
    primary_conninfo ssl_passphrase_command archive_command restore_command archive_cleanup_command
    recovery_end_command krb_server_keyfile ssl_key_file`),
);

/** Whether to read a setting is to read a secret. */
export function isSecretSetting(name: string): boolean {
  const lower = name.toLowerCase();
  // Those with a dot are the application's own.
  return (
    secretSettings.has(lower) ||
    lower === 'all' ||
    (lower.includes('.') && /passw|secret|token|credential|_key$|\.key$|jwt|claims/.test(lower))
  );
}

/** Whether the function takes or gives up what belongs to a session. */
export const isSessionFunction = (name: string): boolean => needsSession.has(name);

const named = new Map<string, Harm>([
  ...[...secret].map((name) => [name, { action: 'secret', resource: 'function' }] as const),
  ...[...runsText].map((name) => [name, { action: 'execute', resource: 'function' }] as const),
  ...[...administers].map((name) => [name, { action: 'admin', resource: 'function' }] as const),
  ['nextval', { action: 'write', resource: 'sequence' }],
  ['setval', { action: 'write', resource: 'sequence' }],
  ['current_setting', { action: 'read', resource: 'setting' }],
  ['set_config', { action: 'admin', resource: 'setting' }],
  ['txid_current', { action: 'execute', resource: 'function' }],
  ['pg_current_xact_id', { action: 'execute', resource: 'function' }],
  ['pg_read_file', { action: 'secret', resource: 'file' }],
  ['pg_read_binary_file', { action: 'secret', resource: 'file' }],
  ['pg_stat_file', { action: 'secret', resource: 'file' }],
  ['pg_ls_dir', { action: 'secret', resource: 'file' }],
  ['lo_import', { action: 'admin', resource: 'file' }],
  ['lo_export', { action: 'admin', resource: 'large_object' }],
  ['lo_get', { action: 'read', resource: 'large_object' }],
  ['lo_put', { action: 'write', resource: 'large_object' }],
  ['lo_unlink', { action: 'write', resource: 'large_object' }],
  ['lo_open', { action: 'execute', resource: 'large_object' }],
]);

/** The server calls these itself, to read and write values of a type: of any type, some of them, by its id. */
export const isPlumbing = ({ arguments: args, returns }: BuiltinFunction): boolean =>
  returns === 'cstring' || args.some((type) => type === 'cstring' || type === 'internal');

/** Whether it fills a row of its first argument's type with what stands in a document. */
export const fillsRow = ({ name }: Pick<BuiltinFunction, 'name'>): boolean =>
  /^jsonb?_populate_record/.test(name);

/** Whether it reads a text as a value of the type that its second argument names. */
export const readsValue = ({ name }: Pick<BuiltinFunction, 'name'>): boolean => name.startsWith('pg_input_');

/** Whether it casts what it is given to text, by whatever cast there is: it is written in SQL. */
export const castsToText = ({ name }: Pick<BuiltinFunction, 'name'>): boolean =>
  /^(?:textanycat|anytextcat|quote_literal|quote_nullable)$/.test(name);

/** What a call of this function does beyond giving a value; null where it does nothing. */
export function harmOf(fn: BuiltinFunction): Harm | null {
  const known = named.get(fn.name);
  if (known !== undefined) return known;
  if (isPlumbing(fn)) return { action: 'execute', resource: 'function' };
  if (fn.volatility !== 'v' || harmlessVolatile.has(fn.name)) return null;
  return { action: 'execute', resource: 'function' };
}
