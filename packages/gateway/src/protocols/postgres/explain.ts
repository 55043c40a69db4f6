/** The planner's own estimate of the rows a call touches, asked without running anything. */
import { deadline } from './deadline.ts';
import type { Plan } from './effects.ts';
import { type PostgresInput, parameterText } from './input.ts';
import { openPortal } from './portal.ts';
import type { Reach } from './reach.ts';
import { Transaction } from './transaction.ts';

/** Milliseconds for all of it, and for waiting for a lock: planning locks what it looks at. */
const withinMs = 2000;
const lockMs = 200;
/** Bytes a plan may have: one over thousands of partitions is not worth reading. */
const planBytes = 4 * 1024 * 1024;

/** A node of EXPLAIN's JSON, as far as it is read. */
interface PlanNode {
  readonly 'Node Type'?: string;
  readonly 'Plan Rows'?: number;
  readonly 'Parent Relationship'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that would be touched, over all statements; null where the planner can't be asked now. Rejects with the signal's reason. */
export async function estimateRows(
  reach: Reach,
  { params }: PostgresInput,
  plan: Plan,
  signal: AbortSignal,
): Promise<number | null> {
  const clock = deadline(reach.runtime, withinMs, [signal, reach.closing]);
  let transaction: Awaited<ReturnType<typeof Transaction.read>> | null = null;
  try {
    const timeouts = { statementMs: withinMs, lockMs };
    transaction = await Transaction.read(reach, 'write', timeouts, clock.signal);
    transaction.allow(planBytes);
    // That the planner is safe was told of this schema and no other.
    await transaction.compare(plan);
    let rows = 0;
    for (const statement of plan.statements) {
      const lines: (string | null)[] = [];
      await transaction.step((client) =>
        openPortal(client, {
          text: `EXPLAIN (FORMAT JSON) ${statement.text}`,
          values: params.map(parameterText),
          rows: 0,
          onRow: (row) => lines.push(row[0] ?? null),
        }),
      );
      rows += touchedRows(lines.join(''));
    }
    return rows;
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    clock.clear();
    transaction?.abandon();
  }
}

/** What writes change, where there are any; else what is returned. */
function touchedRows(json: string): number {
  const [{ Plan: top }] = JSON.parse(json) as [{ Plan: PlanNode }];
  const writes = writingNodes(top);
  if (writes.length === 0) return top['Plan Rows'] ?? 0;
  return writes.reduce((sum, node) => sum + sourceRows(node), 0);
}

function writingNodes(top: PlanNode): readonly PlanNode[] {
  const found: PlanNode[] = [];
  const open = [top];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node['Node Type'] === 'ModifyTable') found.push(node);
    open.push(...(node.Plans ?? []));
  }
  return found;
}

/** A writing node's own row count is that of its RETURNING; what it changes comes from below. */
const sourceRows = ({ Plans = [] }: PlanNode): number =>
  Plans.filter((node) => node['Parent Relationship'] === 'Outer').reduce(
    (sum, node) => sum + (node['Plan Rows'] ?? 0),
    0,
  );
