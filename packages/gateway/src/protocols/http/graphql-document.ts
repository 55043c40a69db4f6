/**
 * What a GraphQL document does: which of its operations would run, what kind it is, which fields it asks for. The grammar
 * is the reference implementation's; a document that it does not read, or that a server would refuse, is refused here.
 */
import { CountersignError } from '@countersign/core';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
} from 'graphql/language';

/** The operation of a document that would run. */
export interface GraphQlOperation {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly name: string | null;
  /** The fields that it asks its root for, each once, in order. */
  readonly roots: readonly string[];
  /** All fields of its document, in order: the same for documents that differ in values only. */
  readonly fields: readonly string[];
  /** The fields that a name in the answer stands for, where the document gives them other names. */
  readonly aliases: readonly (readonly [alias: string, field: string])[];
}

/** UTF-16 units, and lexical tokens. */
const maxSource = 256 * 1024;
const maxTokens = 10_000;
/** Levels of fields, and fields in all, with every fragment written out. */
const maxDepth = 30;
const maxFields = 10_000;

/**
 * Reads a document.
 *
 * @param wanted The operation's name; null where the request gives none.
 * @throws {CountersignError} `parse_failed`, `malformed`, `too_large`.
 */
export function readDocument(source: string, wanted: string | null): GraphQlOperation {
  const document = parsed(source);
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    else if (definition.kind !== Kind.FRAGMENT_DEFINITION)
      throw malformed('a GraphQL document that defines types', 'operations and fragments');
    else if (fragments.has(definition.name.value))
      throw malformed(`the fragment ${definition.name.value} twice`, 'each fragment once');
    else fragments.set(definition.name.value, definition);
  }
  const operation = selected(operations, wanted);
  const measure = measuring(fragments);
  for (const one of operations)
    if (measure(one.selectionSet.selections).fields > maxFields)
      throw tooLarge(`a GraphQL operation of more than ${maxFields} fields`, maxFields);
  const roots = [...new Set(rootsOf(operation, fragments))];
  if (roots.length === 0) throw malformed('a GraphQL operation that asks for nothing', 'a field or more');
  const all = document.definitions.flatMap((one) =>
    'selectionSet' in one ? fieldsIn(one.selectionSet?.selections ?? []) : [],
  );
  return {
    type: operation.operation,
    name: operation.name?.value ?? null,
    roots,
    fields: all.map(([, field]) => field),
    aliases: all.filter(([name, field]) => name !== field),
  };
}

function parsed(source: string): DocumentNode {
  if (source.length > maxSource)
    throw tooLarge(`a GraphQL document of ${source.length} characters`, maxSource);
  try {
    return parse(source, { noLocation: true, maxLexicalTokens: maxTokens, maxComments: maxTokens });
  } catch (cause) {
    // Its message quotes the document. Nesting that is too deep for the parser ends here, too.
    throw new CountersignError(
      'parse_failed',
      { what: 'a GraphQL document', expected: `GraphQL, of at most ${maxTokens} tokens` },
      { cause },
    );
  }
}

function selected(
  operations: readonly OperationDefinitionNode[],
  wanted: string | null,
): OperationDefinitionNode {
  const names = operations.map(({ name }) => name?.value ?? null);
  if (new Set(names).size < names.length || (names.length > 1 && names.includes(null)))
    throw malformed(
      'operations of one GraphQL document that can’t be told apart',
      'a name of its own for each',
    );
  if (wanted === null && operations.length > 1)
    throw malformed('several GraphQL operations', 'operationName, to say which of them runs');
  const operation = wanted === null ? operations[0] : operations[names.indexOf(wanted)];
  if (operation === undefined)
    throw malformed('no GraphQL operation of that name', 'one that the document has');
  return operation;
}

interface Measure {
  readonly fields: number;
  readonly depth: number;
}

/** How large selections are with all fragments written out: fragments that name each other multiply. */
function measuring(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const known = new Map<string, Measure | null>();

  function ofFragment(name: string): Measure {
    const before = known.get(name);
    if (before === null)
      throw malformed(`the fragment ${name}, which holds itself`, 'fragments without a circle');
    if (before !== undefined) return before;
    const fragment = fragments.get(name);
    if (fragment === undefined)
      throw malformed(`the fragment ${name}, which is not there`, 'one of the document');
    // While it is looked at it is null: whoever comes by again goes round in a circle.
    known.set(name, null);
    const measure = ofSelections(fragment.selectionSet.selections);
    known.set(name, measure);
    return measure;
  }

  function ofSelections(selections: readonly SelectionNode[]): Measure {
    let [fields, depth] = [0, 0];
    const open = selections.map((node) => ({ node, level: 1 }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, level } = next;
      const inner =
        node.kind === Kind.FRAGMENT_SPREAD ? ofFragment(node.name.value) : { fields: 1, depth: 0 };
      fields += inner.fields;
      depth = Math.max(depth, level + inner.depth);
      if (depth > maxDepth) throw tooLarge(`a GraphQL document deeper than ${maxDepth} levels`, maxDepth);
      if (node.kind !== Kind.FRAGMENT_SPREAD)
        for (const below of node.selectionSet?.selections ?? []) open.push({ node: below, level: level + 1 });
    }
    return { fields, depth };
  }
  return ofSelections;
}

/** The fields of the operation's own level, through its fragments. */
function rootsOf(
  { selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly string[] {
  const roots: string[] = [];
  const seen = new Set<string>();
  const open = selectionSet.selections.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === Kind.FIELD) roots.push(node.name.value);
    else if (node.kind === Kind.INLINE_FRAGMENT) open.push(...node.selectionSet.selections.toReversed());
    else if (!seen.has(node.name.value)) {
      seen.add(node.name.value);
      open.push(...(fragments.get(node.name.value)?.selectionSet.selections ?? []).toReversed());
    }
  }
  return roots;
}

/** Each field under the name that it has in the answer, as written, without what fragments bring. */
function fieldsIn(selections: readonly SelectionNode[]): readonly (readonly [name: string, field: string])[] {
  const found: [string, string][] = [];
  const open = selections.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === Kind.FIELD) found.push([node.alias?.value ?? node.name.value, node.name.value]);
    if (node.kind !== Kind.FRAGMENT_SPREAD) open.push(...(node.selectionSet?.selections ?? []).toReversed());
  }
  return found;
}

const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
const tooLarge = (what: string, most: number) =>
  new CountersignError('too_large', { what, expected: `at most ${most}` });
