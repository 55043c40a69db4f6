/** JSON paths as masks write them, a part of RFC 9535: `$.customer.email`, `$.items[*].iban`, `$..phone`, `$['a b'][0]`. */

/** One step down: to a member, to an item, or to any of either. */
export interface JsonPathStep {
  /** A member's name, an item's index, or null for all members and items. */
  readonly to: string | number | null;
  /** Whether any number of levels may lie between. */
  readonly deep: boolean;
}

/** Levels a path may have. */
const maxSteps = 32;

const dotted = /^(\.\.?)(?:(\*)|([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff-]*))/;
const bracketed = /^(\.\.)?\[(?:(\*)|(0|[1-9][0-9]{0,8})|'((?:[^'\\]|\\['\\])*)'|"((?:[^"\\]|\\["\\])*)")\]/;

/** Null for what is no such path. `$` alone is the whole of a document. */
export function parseJsonPath(text: string): readonly JsonPathStep[] | null {
  if (!text.startsWith('$')) return null;
  const steps: JsonPathStep[] = [];
  for (let rest = text.slice(1); rest !== ''; ) {
    const step = readStep(rest);
    if (step === null || steps.length === maxSteps) return null;
    steps.push(step.step);
    rest = rest.slice(step.length);
  }
  return steps;
}

function readStep(text: string): { readonly step: JsonPathStep; readonly length: number } | null {
  const byDot = dotted.exec(text);
  if (byDot !== null) {
    const [whole, dots, star, name = ''] = byDot;
    return { step: { to: star === undefined ? name : null, deep: dots === '..' }, length: whole.length };
  }
  const byBracket = bracketed.exec(text);
  if (byBracket === null) return null;
  const [whole, dots, star, index, single, double] = byBracket;
  const name = (single ?? double ?? '').replace(/\\(.)/g, '$1');
  const to = star !== undefined ? null : index !== undefined ? Number(index) : name;
  return { step: { to, deep: dots !== undefined }, length: whole.length };
}
