/** Every way to a protected value that is tried. */
import { asides, tells } from './asides.ts';
import { jsonAndXml } from './json-and-xml.ts';
import { names } from './names.ts';
import { queries } from './queries.ts';
import { values } from './values.ts';
import { writes } from './writes.ts';

/** A way to a value: statements, sent one after the other. */
export interface Way {
  readonly group: string;
  readonly statements: readonly string[];
}

const group = (name: string, ways: readonly (string | readonly string[])[]): readonly Way[] =>
  ways.map((way) => ({ group: name, statements: typeof way === 'string' ? [way] : way }));

/** Each shows a canary to whoever may read it. */
export const showing: readonly Way[] = [
  ...group('names, stars and rows', names),
  ...group('expressions', values),
  ...group('JSON and XML', jsonAndXml),
  ...group('queries, views, partitions, functions', queries),
  ...group('errors, notices, plans, statistics', asides),
];

/** The same by statements that write. */
export const writing: readonly Way[] = group('writes', writes);

/** Each answers otherwise where the protected values are others. */
export const telling: readonly Way[] = group('inference', tells);
