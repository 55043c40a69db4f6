/** Detectors applied to a text: every value they find is replaced; where anything goes wrong, the whole text is. */
import { type DetectorMask, type MaskKind, maskKinds } from '@countersign/core';
import type { Detectors } from './detectors/all.ts';
import type { Span } from './detectors/detector.ts';
import type { MaskScope } from './masker.ts';
import { plainTexts, textOfBytes } from './plain-text.ts';
import { type Replace, redacted, replacement } from './replacements.ts';

/** Beyond this a text is hidden whole rather than scanned. UTF-16 units. */
const maxScanned = 16 * 1024 * 1024;

interface Hit extends Span {
  readonly kind: MaskKind;
  readonly replace: Replace;
}

interface Mask {
  readonly kind: MaskKind;
  readonly replace: Replace;
  readonly find: (text: string) => readonly Span[];
}

/** The function that masks texts; null where no detector is asked for. */
export function textMasker(
  detectors: Detectors,
  masks: readonly DetectorMask[],
  scope: MaskScope,
): Replace | null {
  const made = masks.flatMap(({ with: kind, detect, domain }) => {
    const replace = replacement(kind, domain, scope);
    return detect.map((name): Mask => ({ kind, replace, find: (text) => detectors[name](text) }));
  });
  if (made.length === 0) return null;
  return (text) => {
    if (text.length > maxScanned) return redacted;
    try {
      const bytes = textOfBytes(text);
      // Bytes have no place to write a mask to.
      if (bytes !== null) return hitsIn(made, bytes).length === 0 ? text : redacted;
      return maskText(made, text);
    } catch {
      // What a failed detector would have found is not known, so nothing of the text is shown.
      return redacted;
    }
  };
}

function maskText(masks: readonly Mask[], text: string): string {
  const found = hitsIn(masks, text);
  if (found.length === 0) return text;
  const hits = merged(found);
  let out = '';
  let done = 0;
  for (const { start, end, replace } of hits) {
    out += text.slice(done, start) + replace(text.slice(start, end));
    done = end;
  }
  out += text.slice(done);
  // Taking a value out can bring together what was apart.
  return hitsIn(masks, out).length === 0 ? out : redacted;
}

function hitsIn(masks: readonly Mask[], text: string): Hit[] {
  const readings = plainTexts(text);
  const hits: Hit[] = [];
  for (const { kind, replace, find } of masks) {
    for (const { start, end } of find(text)) hits.push({ start, end, kind, replace });
    for (const plain of readings)
      for (const span of find(plain.text)) hits.push({ ...plain.origin(span), kind, replace });
  }
  return hits;
}

/** In order, overlapping ones as one, hidden by the strictest of their masks. */
function merged(hits: readonly Hit[]): readonly Hit[] {
  const out: Hit[] = [];
  for (const hit of hits.toSorted((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last === undefined || hit.start >= last.end) out.push(hit);
    else {
      const { kind, replace } = stricter(last, hit);
      out[out.length - 1] = { start: last.start, end: Math.max(last.end, hit.end), kind, replace };
    }
  }
  return out;
}

function stricter(a: Hit, b: Hit): Hit {
  return maskKinds.indexOf(b.kind) < maskKinds.indexOf(a.kind) ? b : a;
}
