/** The reference of the policy file and of its cases, made from what their readers read. */
import { policyCasesSchema } from '../../packages/policy/src/cases/policy-case.ts';
import { policyFileSchema } from '../../packages/policy/src/file/policy-file-schema.ts';
import type { Schema } from '../../packages/policy/src/file/schema.ts';
import { examples } from './policy-examples.ts';

/** A mapping of the file, and where it stands. */
interface Section {
  /** `connections.NAME (postgres)` */
  readonly path: string;
  readonly schema: Schema;
}

const intro = `# Policy reference

Every key of \`countersign.yaml\` and of the file of its cases. \`npx pnpm write-docs\` makes this page from the readers of the
files, as it makes [countersign.schema.json](countersign.schema.json) for editors. [The policy file](policy.md) says how
it all works together.

A key that is not listed is an error. So is a list without items, where the page says that it has at least one. Text is 1
to 500 characters unless it says otherwise. \`\${VAR}\` is filled in from the gateway's environment, under \`server\` and in
the settings of connections only; a credential that is written out is an error.

For an editor, put the schema beside the policy file and name it at its head:

\`\`\`yaml
# yaml-language-server: $schema=./countersign.schema.json
\`\`\`
`;

/** The page, whole. */
export function policyReference(): string {
  const sections = [
    ...sectionsOf('countersign.yaml', policyFileSchema),
    ...sectionsOf('countersign.test.yaml', policyCasesSchema),
  ];
  return [intro, ...sections.map((section) => pageOf(section, sections))].join('\n');
}

/** The JSON Schema of the policy file, for editors. */
export function policyFileJsonSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'countersign.yaml',
    ...policyFileSchema,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** All mappings below a schema, each once: what stands in several places is told where it stands first. */
function sectionsOf(file: string, schema: Schema): readonly Section[] {
  const found = new Map<string, Section>();
  const walk = (path: string, below: Schema): void => {
    for (const branch of below.anyOf ?? []) walk(namedBranch(path, branch), branch);
    if (below.items !== undefined) walk(`${path}[]`, below.items);
    if (below.properties !== undefined && !found.has(identity(below))) {
      found.set(identity(below), { path, schema: below });
      for (const [name, value] of Object.entries(below.properties))
        walk(path === file ? name : `${path}.${name}`, value);
    }
    if (below.additionalProperties !== undefined && below.additionalProperties !== false)
      walk(`${path}.NAME`, below.additionalProperties);
  };
  walk(file, schema);
  return [...found.values()];
}

/** A connection is named by its protocol. */
function namedBranch(path: string, branch: Schema): string {
  const protocol = branch.properties?.['protocol']?.enum?.[0];
  return protocol === undefined ? path : `${path} (${protocol})`;
}

/** The same for mappings that differ in what they are there for only. */
function identity(schema: Schema): string {
  const { description: _description, default: _default, ...rest } = schema;
  return JSON.stringify(rest);
}

function pageOf(section: Section, all: readonly Section[]): string {
  const { path, schema } = section;
  const heading = path.endsWith('.yaml') ? `## ${path}` : `### ${path}`;
  const rows = Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const absent = schema.required?.includes(name) === true ? '_required_' : defaultOf(value);
    return `| \`${name}\` | ${cell(typeOf(value, all))} | ${absent} | ${cell(value.description ?? '')} |`;
  });
  const named = schema.additionalProperties;
  if (named !== undefined && named !== false)
    rows.push(
      `| \`NAME\` | ${cell(typeOf(named, all))} | | A name of a-z 0-9 _ . @ -, at most 64 characters. |`,
    );
  const example = examples.get(path);
  return [
    heading,
    '',
    '| key | value | default | what it says |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(example === undefined ? [] : ['', '```yaml', example.trimEnd(), '```']),
    '',
  ].join('\n');
}

function defaultOf({ default: value }: Schema): string {
  return value === undefined ? '' : `\`${value}\``;
}

/** What may stand there, in words. */
function typeOf(schema: Schema, all: readonly Section[]): string {
  const { anyOf, enum: words, items, type, title, additionalProperties: named } = schema;
  if (anyOf !== undefined) return anyOf.map((one) => typeOf(one, all)).join(', or ');
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  if (items !== undefined)
    return `a list${schema.minItems === undefined ? '' : ' of at least one'}: ${typeOf(items, all)}`;
  if (schema.properties !== undefined) {
    const section = all.find((one) => identity(one.schema) === identity(schema));
    return section === undefined ? 'a mapping' : `[${section.path}](#${slug(section.path)})`;
  }
  if (named !== undefined && named !== false) return `a mapping: NAME to ${typeOf(named, all)}`;
  if (type === 'integer')
    return schema.minimum === schema.maximum
      ? `\`${schema.minimum}\``
      : `a whole number, ${inWords(schema.minimum)} to ${inWords(schema.maximum)}`;
  if (type === 'boolean') return '`true`, `false`';
  if (title !== undefined) return title + lengthOf(schema);
  return type === 'array' ? 'a list' : 'text';
}

const inWords = (value = 0): string => value.toLocaleString('en-US');

function lengthOf({ maxLength }: Schema): string {
  return maxLength === undefined || maxLength === 500 ? '' : `, at most ${inWords(maxLength)} characters`;
}

/** As GitHub makes anchors of headings. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
