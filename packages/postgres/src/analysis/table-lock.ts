/**
 * The strongest lock a statement takes on the tables it is about, and whether it writes them anew, as PostgreSQL 15 to 18
 * document it. Told from the text alone; for people, who decide whether now is the moment.
 */
import { asKind, fieldsOf, kindOf, type Node } from '../ast/nodes.ts';

/** From the weakest to the strongest. */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
/** A mode of PostgreSQL's table locks. */
export type LockMode = (typeof lockModes)[number];

/** What a statement does to its tables as a whole. */
export interface TableLock {
  readonly mode: LockMode;
  /** Whether the table is written anew, while the lock is held; `perhaps` where that depends on types or defaults. */
  readonly rewrites: 'no' | 'perhaps' | 'yes';
}

const lock = (mode: LockMode, rewrites: TableLock['rewrites'] = 'no'): TableLock => ({ mode, rewrites });

/** Null for a statement that locks no table there was before. */
export function tableLock(node: Node): TableLock | null {
  switch (kindOf(node)) {
    case 'SelectStmt':
      return lock(isLocking(node) ? 'ROW SHARE' : 'ACCESS SHARE');
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return lock('ROW EXCLUSIVE');
    case 'IndexStmt':
      return lock(
        fieldsOf<{ concurrent?: boolean }>(node).concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE',
      );
    case 'CreateTrigStmt':
      return lock('SHARE ROW EXCLUSIVE');
    case 'CommentStmt':
      return lock('SHARE UPDATE EXCLUSIVE');
    case 'AlterTableStmt':
      return alterTable(node);
    case 'RefreshMatViewStmt': {
      const { concurrent } = fieldsOf<{ concurrent?: boolean }>(node);
      return concurrent === true ? lock('EXCLUSIVE') : lock('ACCESS EXCLUSIVE', 'yes');
    }
    case 'TruncateStmt':
    case 'DropStmt':
    case 'RenameStmt':
    case 'AlterObjectSchemaStmt':
    case 'AlterOwnerStmt':
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
    case 'RuleStmt':
      return lock('ACCESS EXCLUSIVE');
    default:
      return null;
  }
}

const isLocking = (node: Node): boolean =>
  fieldsOf<{ lockingClause?: readonly Node[] }>(node).lockingClause !== undefined;

/** Steps that take less than the strongest lock. */
const weaker: ReadonlyMap<string, LockMode> = new Map<string, LockMode>([
  ['AT_SetStatistics', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_ValidateConstraint', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_ClusterOn', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_DropCluster', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_SetOptions', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_ResetOptions', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_AttachPartition', 'SHARE UPDATE EXCLUSIVE'],
  ['AT_EnableTrig', 'SHARE ROW EXCLUSIVE'],
  ['AT_DisableTrig', 'SHARE ROW EXCLUSIVE'],
  ['AT_EnableAlwaysTrig', 'SHARE ROW EXCLUSIVE'],
  ['AT_EnableReplicaTrig', 'SHARE ROW EXCLUSIVE'],
  ['AT_EnableTrigAll', 'SHARE ROW EXCLUSIVE'],
  ['AT_DisableTrigAll', 'SHARE ROW EXCLUSIVE'],
  ['AT_EnableTrigUser', 'SHARE ROW EXCLUSIVE'],
  ['AT_DisableTrigUser', 'SHARE ROW EXCLUSIVE'],
]);

const rewriting: ReadonlyMap<string, TableLock['rewrites']> = new Map<string, TableLock['rewrites']>([
  ['AT_AlterColumnType', 'perhaps'],
  ['AT_SetExpression', 'yes'],
  ['AT_SetLogged', 'yes'],
  ['AT_SetUnLogged', 'yes'],
  ['AT_SetAccessMethod', 'yes'],
  ['AT_SetTableSpace', 'yes'],
]);

const degrees = ['no', 'perhaps', 'yes'] as const;

function alterTable(node: Node): TableLock {
  const steps = (fieldsOf<{ cmds?: readonly Node[] }>(node).cmds ?? []).map((step) => {
    const { subtype, def } = fieldsOf<{ subtype: string; def?: Node }>(step);
    const constraint = asKind<{ contype?: string }>(def, 'Constraint');
    const foreignKey = subtype === 'AT_AddConstraint' && constraint?.contype === 'CONSTR_FOREIGN';
    const mode = foreignKey ? 'SHARE ROW EXCLUSIVE' : (weaker.get(subtype) ?? 'ACCESS EXCLUSIVE');
    const rewrites =
      subtype === 'AT_AddColumn' &&
      asKind<{ constraints?: readonly Node[] }>(def, 'ColumnDef')?.constraints !== undefined
        ? 'perhaps'
        : (rewriting.get(subtype) ?? 'no');
    return lock(mode, rewrites);
  });
  const strongest = Math.max(0, ...steps.map(({ mode }) => lockModes.indexOf(mode)));
  const most = Math.max(0, ...steps.map(({ rewrites }) => degrees.indexOf(rewrites)));
  return lock(lockModes[strongest] ?? 'ACCESS EXCLUSIVE', degrees[most] ?? 'perhaps');
}
