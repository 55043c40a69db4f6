/** `who`, `connections`, `actions`, `resources`: what narrows a rule or a mask, read from the file. */
import {
  type Action,
  actionSchema,
  baseActions,
  nearest,
  type ProtocolName,
  protocolNames,
  splitResource,
} from '@countersign/core';
import { compilePattern } from '../decide/pattern.ts';
import type { Scope } from '../policy.ts';
import { isResourceKind, resourceKinds } from '../resource-kinds.ts';
import { described, list, object, oneOf, type Read, reader, record, text, textLike } from './read.ts';
import type { Report } from './report.ts';
import type { Tree } from './tree.ts';

/** A group's name: of people, or of agents as their tokens say it. */
export const groupName = textLike('the name of a group', /^[^\p{C}\p{Z}]{1,200}$/u);

const principalId = textLike(
  'a principal like agent:support',
  /^(?:agent|service|person|operator):[a-z0-9][a-z0-9_.@-]{0,63}$/,
);

const actionText = text(`an action: ${baseActions.join(', ')}, or finer as in write.delete`);
const action: Read<Action> = reader(actionText.schema, (tree, report) => {
  const value = text('an action')(tree, report);
  if (value === undefined) return undefined;
  const parsed = actionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  report.notOneOf(tree.at, `"${value.slice(0, 60)}" is no action`, value, baseActions);
  return undefined;
});

const resourceText = text('a resource pattern like table:public.orders');
const resourcePattern: Read<string> = reader(resourceText.schema, (tree, report) => {
  const value = resourceText(tree, report);
  if (value === undefined) return undefined;
  const { kind } = splitResource(value);
  if (!isResourceKind(kind)) {
    const guess = nearest(kind, resourceKinds);
    report.problem(tree.at, `"${value.slice(0, 100)}" names no known kind of resource`, {
      expected: 'one like table:public.orders, column:public.customers.ssn, function:, http:/v1/**, k8s:',
      ...(guess === null ? {} : { nearest: guess }),
    });
    return undefined;
  }
  return checkPattern(kind, value.slice(kind.length + 1), tree, report) ? value : undefined;
});

/** What the names of a kind are made of, where that is always the same number of segments. */
const forms: ReadonlyMap<string, string> = new Map([
  ['table', 'SCHEMA.TABLE'],
  ['column', 'SCHEMA.TABLE.COLUMN'],
  ['function', 'SCHEMA.NAME(TYPES)'],
  ['sequence', 'SCHEMA.SEQUENCE'],
]);

/** What no segment of a name holds as it is: nothing at all, blanks around it, quotes, the colon of a kind. */
const noSegment = /^$|^\s|\s$|[":]/;

/** Reports a pattern that can't be compiled, or that no name can match: a rule or mask that never speaks. */
export function checkPattern(kind: string, written: string, tree: Tree, report: Report): boolean {
  const form = forms.get(kind);
  const segments = written.split('.');
  if (
    form !== undefined &&
    (segments.some((segment) => noSegment.test(segment)) ||
      (!written.includes('**') && segments.length !== form.split('.').length))
  ) {
    report.problem(tree.at, `"${written.slice(0, 100)}" has another form`, {
      expected: `${form}, where * may stand for any one of them, and other characters in a name as %2E`,
    });
    return false;
  }
  try {
    compilePattern(kind, written);
    return true;
  } catch {
    report.problem(tree.at, 'a broken percent-encoding', { expected: '% and two hex digits, as in %2E' });
    return false;
  }
}

/** What a scope may name in this file. */
export interface Names {
  readonly connections: readonly string[];
  readonly labels: ReadonlySet<string>;
}

/** A label and its value as one key. */
export function labelKey(name: string, value: string): string {
  return JSON.stringify([name, value]);
}

const labelValue = text('the value of a label');

export const labels: Read<ReadonlyMap<string, string>> = record(
  'labels',
  labelValue.schema,
  (_name, _at, value, report) => labelValue(value, report),
);

function connectionName(known: Names): Read<string> {
  const read = text('the name of a connection');
  return reader(read.schema, (tree, report) => {
    const name = read(tree, report);
    if (name === undefined || known.connections.includes(name)) return name;
    report.notOneOf(tree.at, `there is no connection "${name.slice(0, 100)}"`, name, known.connections);
    return undefined;
  });
}

function knownLabels(known: Names): Read<Readonly<Record<string, string>>> {
  return reader(labels.schema, (tree, report) => {
    const read = labels(tree, report);
    if (read === undefined) return undefined;
    for (const [name, value] of read)
      if (!known.labels.has(labelKey(name, value)))
        report.warning(tree.at, `no connection has the label ${name}: ${value}`);
    return Object.fromEntries(read);
  });
}

/** The readers of the narrowing keys, to be spread into the shape of a rule or a mask. */
export function scopeShape(known: Names) {
  return {
    who: described(
      object('who', {
        groups: described(list('groups', groupName), 'In one of these groups, as the token says it.'),
        principals: described(list('principals', principalId), 'One of these agents and services.'),
      }),
      'Who asks. Left out: everyone.',
    ),
    connections: described(
      object('connections', {
        names: described(list('connections', connectionName(known)), 'One of these connections.'),
        labels: described(knownLabels(known), 'With all of these labels.'),
        protocols: described(
          list<ProtocolName>('protocols', oneOf(protocolNames)),
          'That speaks one of these.',
        ),
      }),
      'On which connections. Left out: on all.',
    ),
    actions: described(
      list('actions', action),
      'What is done; `write` covers `write.delete`. Left out: anything.',
    ),
    resources: described(
      list('resource patterns', resourcePattern),
      'To what: a kind and a name, where `*` stays within a segment of it and `**` crosses them. A pattern for a table covers its columns. Left out: to anything.',
    ),
  };
}

/** The narrowing keys alone, for `except`: at least one, or it would take everything out. */
export function exceptReader(known: Names): Read<Scope> {
  const read = object('except', scopeShape(known));
  return reader({ ...read.schema, minProperties: 1 }, (tree, report) => {
    const scope = read(tree, report);
    if (tree.kind === 'map' && tree.entries.size === 0) {
      report.problem(tree.at, 'an empty "except" would take everything out', {
        expected: 'who, connections, actions or resources',
      });
      return undefined;
    }
    return scope;
  });
}

/** The narrowing keys of a value that has more keys. */
export function scopeOf(values: Scope): Scope {
  const { who, connections, actions, resources } = values;
  return {
    ...(who === undefined ? {} : { who }),
    ...(connections === undefined ? {} : { connections }),
    ...(actions === undefined ? {} : { actions }),
    ...(resources === undefined ? {} : { resources }),
  };
}
