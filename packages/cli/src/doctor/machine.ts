/** The versions of what runs here. */
import { type Finding, fine, problem } from '@countersign/core';
import { oldestNode, version } from '../version.ts';

/** @param running As `process.versions.node` says it. */
export function reviewVersions(running: string, needed: string = oldestNode): readonly Finding[] {
  const own = fine('package.version', `countersign ${version}`);
  if (isAtLeast(running, needed)) return [own, fine('node.version', `Node ${running}`)];
  return [
    own,
    problem(
      'node.version',
      `Node ${running} is older than ${needed}`,
      `Use Node ${needed} or newer: older ones lack what the gateway is built on.`,
    ),
  ];
}

/** Whether a version is as new as another, both as in `22.19.0`; what is left out counts as 0. */
export function isAtLeast(running: string, needed: string): boolean {
  const [have, want] = [running, needed].map((text) => text.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (have?.[index] ?? 0) - (want?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
