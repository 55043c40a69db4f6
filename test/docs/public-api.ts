/**
 * Reads a package's public names and their docstrings from its source text. The sources are formatted by one tool, so
 * lines are enough: an index only re-exports, and a declaration starts its line.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface PublicName {
  readonly name: string;
  /** How it is declared: `function`, `interface`, `class`, `type`, `const`. A schema is a `const` and a `type`. */
  readonly kind: string;
  /** Whose it is, where an index hands on a name of another package. */
  readonly from: string | null;
  /** The text of the comment right before the declaration, without its stars; empty where there is none. */
  readonly doc: string;
}

const reExport = /^export (?:(\*)|(?:type )?\{([^}]*)\}) from '([^']+)';/gms;
const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(function|interface|class|type|const) (\w+)/;

/** Every public name of the package whose index this is, by name. */
export async function publicNames(index: string): Promise<readonly PublicName[]> {
  const source = await readFile(index, 'utf8');
  const found: PublicName[] = [];
  for (const [, star, list = '', from = ''] of source.matchAll(reExport)) {
    const wanted = list
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '');
    if (!from.startsWith('.')) {
      for (const name of wanted) found.push({ name, kind: 'export', from, doc: '' });
      continue;
    }
    const declared = declarations(await readFile(join(dirname(index), from), 'utf8'));
    if (star !== undefined) found.push(...declared);
    for (const name of wanted) {
      const named = declared.filter((candidate) => candidate.name === name);
      if (named.length === 0) throw new Error(`${from} declares no ${name}`);
      found.push(...named);
    }
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Every exported declaration of one source, in order. */
function declarations(source: string): readonly PublicName[] {
  const lines = source.split('\n');
  return lines.flatMap((line, at) => {
    const [, kind = '', name = ''] = declaration.exec(line) ?? [];
    return name === '' ? [] : [{ name, kind, from: null, doc: docBefore(lines, at) }];
  });
}

function docBefore(lines: readonly string[], at: number): string {
  if (lines[at - 1]?.endsWith('*/') !== true) return '';
  let start = at - 1;
  while (start > 0 && lines[start]?.startsWith('/**') !== true) start -= 1;
  return lines
    .slice(start, at)
    .map((line) => line.replace(/^\/\*\*| ?\*\/$|^ \* ?/g, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}
