/**
 * Colours for SQL and JSON, to be read faster; they say nothing about what a text does, but never have what runs look like
 * a comment or a string. One pass, linear in its length: none of the alternatives goes back.
 */
export interface Piece {
  readonly kind: 'plain' | 'keyword' | 'string' | 'number' | 'comment' | 'mark';
  readonly text: string;
}

const keywords = new Set(
  `all alter analyze and any as asc begin between by case cast check column commit conflict copy create cross current
  delete desc distinct do drop else end except exists explain false fetch filter following for foreign from full function
  grant group having ilike in index inner insert intersect into is join key lateral left like limit lock merge natural not
  nothing null offset on only or order outer over partition preceding primary references refresh rename replace returning
  revoke right row rows select set show some table tablesample then to trigger true truncate type union unique update using
  vacuum values view when where window with within`.split(/\s+/),
);

/** What the gateway put into a text to make the invisible visible, wherever it stands: `⟨U+202E⟩`. */
const mark = /⟨U\+[0-9A-F]{4,6}⟩/g;
const sql =
  /⟨U\+[0-9A-F]{4,6}⟩|--[^\r\n]*|\/\*|'(?:[^']|'')*'?|[eE]'(?:[^'\\]|''|\\[^])*'?|\$(?:[A-Za-z_]\w*)?\$|"(?:[^"]|"")*"?|\b\d+(?:\.\d+)?\b|[A-Za-z_\x80-\u{10FFFF}][\w$\x80-\u{10FFFF}]*/gu;
const commentEdge = /\/\*|\*\//g;
const json =
  /⟨U\+[0-9A-F]{4,6}⟩|"(?:[^"\\]|\\.)*"?|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b|\b(?:true|false|null)\b/g;
const patterns = { sql, json, plain: null } as const;

function kindOf(found: string, language: 'sql' | 'json'): Piece['kind'] {
  if (found.startsWith('⟨')) return 'plain';
  if (found.startsWith('--') || found.startsWith('/*')) return 'comment';
  if (/^(?:[eE]?'|\$)/.test(found) || (found.startsWith('"') && language === 'json')) return 'string';
  if (/^-?\d/.test(found)) return 'number';
  if (language === 'json') return 'keyword';
  return keywords.has(found.toLowerCase()) ? 'keyword' : 'plain';
}

/** Takes a text apart; put together again, the pieces are the text. */
export function pieces(text: string, language: 'sql' | 'json' | 'plain'): readonly Piece[] {
  const found: Piece[] = [];
  const pattern = patterns[language];
  let at = 0;
  if (pattern !== null && language !== 'plain') {
    const next = new RegExp(pattern);
    for (let match = next.exec(text); match !== null; match = next.exec(text)) {
      const end = endOf(text, match[0], next.lastIndex);
      const whole = text.slice(match.index, end);
      add(found, 'plain', text.slice(at, match.index));
      add(found, kindOf(whole, language), whole);
      at = end;
      next.lastIndex = end;
    }
  }
  add(found, 'plain', text.slice(at));
  return found;
}

/** Where that ends which begins so: comments stand in comments, and what is between two `$tag$` is a string. */
function endOf(text: string, begin: string, at: number): number {
  if (begin.startsWith('$')) {
    const end = text.indexOf(begin, at);
    return end < 0 ? text.length : end + begin.length;
  }
  if (begin !== '/*') return at;
  commentEdge.lastIndex = at;
  for (let depth = 1; depth > 0; ) {
    const edge = commentEdge.exec(text);
    if (edge === null) return text.length;
    depth += edge[0] === '/*' ? 1 : -1;
  }
  return commentEdge.lastIndex;
}

function add(found: Piece[], kind: Piece['kind'], text: string): void {
  let at = 0;
  for (const match of text.matchAll(mark)) {
    if (match.index > at) found.push({ kind, text: text.slice(at, match.index) });
    found.push({ kind: 'mark', text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ kind, text: text.slice(at) });
}
