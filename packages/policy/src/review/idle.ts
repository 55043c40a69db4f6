/** Rules and masks that can never speak, whatever an agent asks for. */
import { type Finding, splitResource, warning } from '@countersign/core';
import type { LoadedFile, MaskRule, Rule, Scope } from '../policy.ts';
import { protocolOfKind } from '../resource-kinds.ts';
import { connectionsOf, contains } from './contains.ts';

/** Who makes calls. People vote and operators operate: a rule for them alone speaks of nobody. */
const callers = /^(?:agent|service):/;

/** Rules first, in the order of the file. */
export function idleRulesAndMasks({ policy, connections }: LoadedFile): readonly Finding[] {
  const look = (name: string, kind: 'rule' | 'mask', entry: Rule | MaskRule): readonly Finding[] => {
    const why = idle(entry, connections);
    if (why === null) return [];
    return [warning(`${kind}.idle`, `${kind} "${name}" can never match: ${why.what}`, why.advice)];
  };
  return [
    ...policy.rules.flatMap((rule) => look(rule.name, 'rule', rule)),
    ...policy.masks.flatMap((mask) => look(mask.name, 'mask', mask)),
  ];
}

interface Why {
  readonly what: string;
  readonly advice: string;
}

function idle(
  entry: Scope & { readonly except?: Scope },
  connections: LoadedFile['connections'],
): Why | null {
  const speaksOf = connectionsOf(entry, connections);
  if (speaksOf.length === 0)
    return {
      what: 'no connection has the names, labels and protocols that it wants',
      advice: 'Compare its "connections" with the connections of the file, or remove it.',
    };
  const { who, resources, except } = entry;
  if (who?.principals !== undefined && !who.principals.some((id) => callers.test(id)))
    return {
      what: `${who.principals.join(', ')} make no calls`,
      advice: 'Only agents and services call: name one as agent:NAME or service:NAME, or a group.',
    };
  const kinds = [...new Set((resources ?? []).map((written) => splitResource(written).kind))];
  if (
    kinds.length > 0 &&
    !kinds.some((kind) => speaksOf.some(({ protocol }) => protocol === protocolOfKind(kind)))
  )
    return {
      what: `${kinds.join(' and ')} resources are not what its connections (${speaksOf.map(({ name }) => name).join(', ')}) have`,
      advice: 'Compare its "resources" with the protocol of its connections.',
    };
  if (except !== undefined && contains(except, entry, connections))
    return {
      what: 'its "except" takes out everything it speaks of',
      advice: 'Narrow the "except", or remove the rule.',
    };
  return null;
}
