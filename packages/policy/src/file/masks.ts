/** `masks:` */
import { type DetectorName, detectorGroups, detectorNames, maskKinds } from '@countersign/core';
import type { MaskRule } from '../policy.ts';
import { consequenceReader } from './consequence.ts';
import { anyList, flag, list, notYet, object, oneOf, type Read, text, textLike } from './read.ts';
import { checkPattern, exceptReader, type Names, scopeOf, scopeShape } from './scope.ts';

const columnPattern: Read<string> = (tree, report) => {
  const value = text('a column pattern')(tree, report);
  if (value === undefined) return undefined;
  return checkPattern('column', value, tree, report) ? value : undefined;
};

const detector = oneOf([...detectorNames, 'secret']);

/** The detectors behind the names of the file, each once. */
function detectorsOf(names: readonly (DetectorName | 'secret')[]): readonly DetectorName[] {
  return [...new Set(names.flatMap((name) => (name === 'secret' ? detectorGroups.secret : [name])))];
}

const restore: Read<boolean> = (tree, report) => {
  const value = flag(tree, report);
  return value === true ? notYet('restore: true')(tree, report) : value;
};

/** @param groups The groups that somebody under `people` is in. */
export function masksReader(known: Names, groups: ReadonlySet<string>): Read<readonly MaskRule[]> {
  const readMask = object(
    'a mask',
    {
      columns: list('column patterns', columnPattern),
      detect: list('detectors', detector),
      json_paths: notYet('json_paths'),
      with: oneOf(maskKinds),
      filter: consequenceReader(groups),
      restore,
      domain: textLike('the name of a domain', /^[a-z0-9][a-z0-9_.-]{0,63}$/),
      ...scopeShape(known),
      except: exceptReader(known),
    },
    ['with'],
  );
  const readOne: Read<Omit<MaskRule, 'name' | 'domain'> & { readonly domain?: string }> = (tree, report) => {
    const mask = readMask(tree, report);
    if (mask === undefined || tree.kind !== 'map') return undefined;
    if (!['columns', 'detect', 'json_paths'].some((key) => tree.entries.has(key)))
      report.problem(tree.at, 'a mask that hides nothing', { expected: '"columns" or "detect"' });
    if (tree.entries.has('filter') && !tree.entries.has('columns'))
      report.problem(tree.at, '"filter" is about columns', { expected: '"columns" beside it' });
    return {
      ...scopeOf(mask),
      ...(mask.except === undefined ? {} : { except: mask.except }),
      ...(mask.columns === undefined ? {} : { columns: mask.columns }),
      ...(mask.detect === undefined ? {} : { detect: detectorsOf(mask.detect), detectNames: mask.detect }),
      with: mask.with ?? 'redact',
      filter: mask.filter ?? { verdict: 'deny' },
      ...(mask.domain === undefined ? {} : { domain: mask.domain }),
    };
  };
  const readAll = anyList(readOne);
  return (tree, report) =>
    readAll(tree, report)?.map((mask, index) => {
      const name = mask.domain ?? `masks[${index}]`;
      return { ...mask, name, domain: name };
    });
}
