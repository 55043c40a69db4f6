/** Connections as people may see them: never an address, never a credential. */
import type { ConnectionDetail, RuleView } from '@countersign/core';
import { type Rule, rulesReaching } from '@countersign/policy';
import type { HealthBoard } from './health.ts';
import type { Room } from './room.ts';
import { onlookerOf, type Viewer } from './sight.ts';

export async function connectionViews(
  room: Pick<Room, 'current' | 'ending'>,
  health: HealthBoard,
  viewer: Viewer,
): Promise<ConnectionDetail[]> {
  // Whoever stands under nobody has signed in, and that is all.
  const { human, everything } = onlookerOf(room, viewer);
  if (human === null && !everything) return [];
  const { policy, connections } = room.current();
  const all = [...connections.values()];
  const states = await health.of(all, room.ending);
  return all.map(({ config: { name, protocol, labels } }, index) => ({
    name,
    protocol,
    labels: { ...labels },
    health: states[index] ?? { state: 'unknown', at: null, code: null },
    rules: everything ? rulesReaching(policy, { name, protocol, labels }).map(ruleView) : null,
  }));
}

function ruleView({ name, who, actions, resources, then }: Rule): RuleView {
  const list = (texts: readonly string[] | undefined) => (texts === undefined ? null : [...texts]);
  return {
    name,
    verdict: then.verdict,
    groups: list(who?.groups),
    principals: list(who?.principals),
    actions: list(actions),
    resources: list(resources),
    approvers: then.verdict === 'ask' ? [...then.ask.approvers] : [],
  };
}
