/** The kinds of resources that effects and policies may name. */
export const resourceKinds = [
  'table',
  'column',
  'function',
  'sequence',
  'role',
  'setting',
  'schema',
  'large_object',
  'file',
  'program',
  'server',
  'http',
  'k8s',
] as const;

const known: ReadonlySet<string> = new Set(resourceKinds);

export function isResourceKind(kind: string): boolean {
  return known.has(kind);
}
