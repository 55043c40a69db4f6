/** Recall and precision of the detectors on the examples, as a table: `node --conditions=@countersign/source test/masks/detectors/measure.ts` */
import { type DetectorName, detectorNames } from '@countersign/core';
import { makeMasker } from '../../../packages/gateway/src/masking/masker.ts';
import { examples, nothing } from './examples.ts';
import { benign, textsOf } from './texts.ts';

export interface Measured {
  /** Values there are; found whole; texts that hold none; of those, in which something was found. */
  readonly values: number;
  readonly found: number;
  readonly empty: number;
  readonly wrong: number;
  /** What was not found, and what was that is none. */
  readonly missed: readonly string[];
}

/** One detector, through the masker, as a cell is masked. */
export function measure(name: DetectorName): Measured {
  const detector = { with: 'redact', detect: [name], names: [name], domain: 'd' } as const;
  const plan = { columns: [null], detectors: [detector], showErrors: true };
  const masker = makeMasker(plan, { secret: new Uint8Array(32), principal: 'a', run: 'r' });
  const mask = (text: string) => masker.cell(0, text) ?? '';
  const missed: string[] = [];
  let [values, found] = [0, 0];
  const { values: more, none } = textsOf(name);
  const without = [...nothing[name], ...none, ...benign()];
  for (const example of [...examples[name], ...more]) {
    const text = example.replace(/[«»]/g, '');
    const masked = mask(text);
    for (const [, value = ''] of example.matchAll(/«([^»]*)»/g)) {
      values++;
      if (masked.includes(value)) missed.push(text);
      else found++;
    }
    // The rest of the text stays: a value is hidden, not what stands around it.
    const rest = example.split(/«[^»]*»/).filter((piece) => piece.length > 2);
    if (!rest.every((piece) => masked.includes(piece))) missed.push(`around: ${text} → ${masked}`);
  }
  const wrong = without.filter((text) => mask(text) !== text);
  return { values, found, empty: without.length, wrong: wrong.length, missed: [...missed, ...wrong] };
}

if (process.argv[1] === import.meta.filename) {
  console.log('| detector | values | recall | texts without | precision |');
  console.log('| --- | --: | --: | --: | --: |');
  for (const name of detectorNames) {
    const { values, found, empty, wrong, missed } = measure(name);
    const recall = ((100 * found) / values).toFixed(1);
    const precision = ((100 * found) / (found + wrong)).toFixed(1);
    console.log(`| \`${name}\` | ${values} | ${recall} % | ${empty} | ${precision} % |`);
    for (const text of missed) console.error(`  ${name}: ${text}`);
  }
}
