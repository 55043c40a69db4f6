/** The fenced blocks of the documents. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  /** From the root, as `docs/guide.md`. */
  readonly file: string;
  /** Where it begins in the file; counts from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands after the language: the name of a file that the block is, or how the block is run. */
  readonly info: string;
  readonly text: string;
}

/** Every document that a reader finds. */
export async function documents(): Promise<readonly string[]> {
  const docs = await readdir(join(root, 'docs'), { recursive: true });
  return [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'examples/shop/README.md',
    'examples/worker/README.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ];
}

export async function blocksOf(file: string): Promise<readonly Block[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(/^( *)```([a-z]+) ?([^\n]*)\n(.*?)^\1```$/gms)].map((match) => {
    const [, indent = '', language = '', info = '', body = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { file, line, language, info, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

/** The blocks of a language, in all documents. */
export async function blocksIn(language: string): Promise<readonly Block[]> {
  const all = await Promise.all((await documents()).map(blocksOf));
  return all.flat().filter((block) => block.language === language);
}
