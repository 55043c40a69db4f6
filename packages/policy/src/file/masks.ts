/** `masks:` */
import {
  type DetectorName,
  detectorGroups,
  detectorNames,
  maskKinds,
  parseJsonPath,
} from '@countersign/core';
import type { MaskRule } from '../policy.ts';
import { consequenceReader } from './consequence.ts';
import { anyList, described, flag, list, object, oneOf, type Read, reader, text, textLike } from './read.ts';
import { checkPattern, exceptReader, type Names, scopeOf, scopeShape } from './scope.ts';

const columnText = text('SCHEMA.TABLE.COLUMN, where * stands for any one of them');
const columnPattern: Read<string> = reader(columnText.schema, (tree, report) => {
  const value = columnText(tree, report);
  if (value === undefined) return undefined;
  return checkPattern('column', value, tree, report) ? value : undefined;
});

const jsonPath = reader(text('a JSON path').schema, (tree, report) => {
  const path = text('a JSON path')(tree, report);
  if (path === undefined || parseJsonPath(path) !== null) return path;
  report.problem(tree.at, `"${path.slice(0, 100)}" is no JSON path`, {
    expected: "one like $.customer.email, $.items[*].iban, $..phone, $['a name']",
  });
  return undefined;
});

const detector = oneOf([...detectorNames, 'secret']);

/** The detectors behind the names of the file, each once. */
function detectorsOf(names: readonly (DetectorName | 'secret')[]): readonly DetectorName[] {
  return [...new Set(names.flatMap((name) => (name === 'secret' ? detectorGroups.secret : [name])))];
}

/** @param groups The groups that somebody under `people` is in. */
export function masksReader(known: Names, groups: ReadonlySet<string>): Read<readonly MaskRule[]> {
  const readMask = object(
    'a mask',
    {
      columns: described(
        list('column patterns', columnPattern),
        'Columns whose values are hidden, wherever they end up: under another name, in an expression, behind a view.',
      ),
      detect: described(
        list('detectors', detector),
        'What is hidden in any text that comes back. `secret` is `jwt`, `private_key` and `api_key`.',
      ),
      json_paths: described(
        list('JSON paths', jsonPath),
        'Values that are hidden in every JSON text that comes back, whole: `$.customer.email`, `$.items[*].iban`, `$..phone` at any depth. A body that is no JSON is hidden whole.',
      ),
      with: described(
        oneOf(maskKinds),
        'What stands in place of a value. Of several masks on one value `redact` goes first, then `hash`, `tokenize`, `partial`; `hash` and `tokenize` read the same for the same value within one run.',
      ),
      filter: described(
        consequenceReader(groups),
        'What becomes of a call that uses a masked column to filter, join, sort, group, aggregate or compute. Only beside `columns`.',
        'deny',
      ),
      restore: described(
        flag,
        'Whether a token that an agent writes back, in the same run and to a column whose mask has the same domain, is put back to its value. Only beside `with: tokenize` and `columns`.',
        false,
      ),
      domain: described(
        textLike('a name of a-z 0-9 _ . -', /^[a-z0-9][a-z0-9_.-]{0,63}$/),
        'Masks of one domain hash and tokenize alike. Left out, each mask is a domain of its own.',
      ),
      ...scopeShape(known),
      except: described(exceptReader(known), 'Takes out what matches all of its keys.'),
    },
    ['with'],
  );
  type Mask = Omit<MaskRule, 'name' | 'domain'> & { readonly domain?: string };
  const readOne: Read<Mask> = reader(readMask.schema, (tree, report) => {
    const mask = readMask(tree, report);
    if (mask === undefined || tree.kind !== 'map') return undefined;
    if (!['columns', 'detect', 'json_paths'].some((key) => tree.entries.has(key)))
      report.problem(tree.at, 'a mask that hides nothing', {
        expected: '"columns", "detect" or "json_paths"',
      });
    if (tree.entries.has('filter') && !tree.entries.has('columns'))
      report.problem(tree.at, '"filter" is about columns', { expected: '"columns" beside it' });
    if (mask.restore === true && (mask.with !== 'tokenize' || !tree.entries.has('columns')))
      report.problem(tree.at, '"restore: true" is about tokens of columns', {
        expected: '"with: tokenize" and "columns" beside it',
      });
    return {
      ...scopeOf(mask),
      ...(mask.except === undefined ? {} : { except: mask.except }),
      ...(mask.columns === undefined ? {} : { columns: mask.columns }),
      ...(mask.detect === undefined ? {} : { detect: detectorsOf(mask.detect), detectNames: mask.detect }),
      ...(mask.json_paths === undefined ? {} : { jsonPaths: mask.json_paths }),
      with: mask.with ?? 'redact',
      filter: mask.filter ?? { verdict: 'deny' },
      ...(mask.domain === undefined ? {} : { domain: mask.domain }),
      ...(mask.restore === true ? { restore: true } : {}),
    };
  });
  const readAll = anyList(readOne);
  return reader(readAll.schema, (tree, report) =>
    readAll(tree, report)?.map((mask, index) => {
      const name = mask.domain ?? `masks[${index}]`;
      return { ...mask, name, domain: name };
    }),
  );
}
