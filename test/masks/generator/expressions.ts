/** Expressions over the columns at hand, by the kind of their value. */
import type { Choices } from './random.ts';

export type Kind = 'text' | 'int' | 'num' | 'date' | 'json' | 'texts' | 'bytes' | 'bool' | 'address';

/** Something that can be selected: a column, or what is made of columns. */
export interface Value {
  readonly sql: string;
  readonly kind: Kind;
  /** Whether a protected value can be in it. */
  readonly hot: boolean;
}

/** What makes a value of a kind from others: `$1`, `$2` stand for them. */
type Maker = readonly [sql: string, ...from: Kind[]];

const makers: Readonly<Record<Kind, readonly Maker[]>> = {
  text: [
    ['upper($1)', 'text'],
    ['lower($1)', 'text'],
    ['reverse($1)', 'text'],
    ['md5($1)', 'text'],
    ['left($1, 6)', 'text'],
    ['right($1, 6)', 'text'],
    ['substr($1, 3, 7)', 'text'],
    ["$1 || '-' || $2", 'text', 'text'],
    ['concat($1, $2)', 'text', 'int'],
    ["concat_ws(':', $1, $2)", 'text', 'text'],
    ["replace($1, 'Q', 'q')", 'text'],
    ["translate($1, '-', '')", 'text'],
    ["format('%s/%s', $1, $2)", 'text', 'date'],
    ['quote_literal($1)', 'text'],
    ["lpad($1, 30, '.')", 'text'],
    ["split_part($1, '-', 2)", 'text'],
    ["regexp_replace($1, '[0-9]', '#', 'g')", 'text'],
    ['coalesce($1, $2)', 'text', 'text'],
    ['greatest($1, $2)', 'text', 'text'],
    ["nullif($1, '')", 'text'],
    ['case when $1 then $2 else $3 end', 'bool', 'text', 'text'],
    ["encode($1, 'hex')", 'bytes'],
    ["encode($1, 'base64')", 'bytes'],
    ["encode(sha256($1), 'hex')", 'bytes'],
    ['$1::text', 'int'],
    ['$1::text', 'num'],
    ['$1::text', 'date'],
    ['$1::text', 'json'],
    ['$1::text', 'texts'],
    ['$1::text', 'bool'],
    ['$1::varchar(40)', 'text'],
    ['to_hex($1)', 'int'],
    ["to_char($1, 'YYYYMMDD')", 'date'],
    ["($1 ->> 'pan')", 'json'],
    ["($1 #>> '{deep,list,0}')", 'json'],
    ["jsonb_extract_path_text($1, 'a')", 'json'],
    ["array_to_string($1, '')", 'texts'],
    ['($1)[1]', 'texts'],
    ['($1).street', 'address'],
    ['($1).zip', 'address'],
    ['$1::text', 'address'],
  ],
  int: [
    ['($1 + 1)', 'int'],
    ['($1 - $2)', 'int', 'int'],
    ['abs($1)', 'int'],
    ['length($1)', 'text'],
    ['ascii($1)', 'text'],
    ["position('Q' in $1)", 'text'],
    ['coalesce($1, 0)', 'int'],
    ['$1::int', 'bool'],
    ['extract(year from $1)::int', 'date'],
    ['cardinality($1)', 'texts'],
    ['octet_length($1)', 'bytes'],
    ['least($1, $2)', 'int', 'int'],
  ],
  num: [
    ['($1 * 2)', 'num'],
    ['round($1, 1)', 'num'],
    ['$1::numeric', 'int'],
    ['($1 + $2)', 'num', 'int'],
  ],
  date: [
    ['($1 + 1)', 'date'],
    ['greatest($1, $2)', 'date', 'date'],
    ["coalesce($1, '2020-01-01')", 'date'],
  ],
  json: [
    ["jsonb_build_object('a', $1)", 'text'],
    ['jsonb_build_array($1, $2)', 'text', 'int'],
    ['to_jsonb($1)', 'text'],
    ['to_jsonb($1)', 'texts'],
    ['to_jsonb($1)', 'address'],
    ["($1 -> 'deep')", 'json'],
    ["($1 || jsonb_build_object('b', $2))", 'json', 'num'],
    ["jsonb_set('{}', '{k}', to_jsonb($1))", 'date'],
    ["jsonb_path_query_first($1, '$.pan')", 'json'],
  ],
  texts: [
    ['array[$1, $2]', 'text', 'text'],
    ['array_append($1, $2)', 'texts', 'text'],
    ["string_to_array($1, '-')", 'text'],
    ['($1)[1:1]', 'texts'],
    ['($1 || $2)', 'texts', 'texts'],
  ],
  bytes: [
    ["convert_to($1, 'UTF8')", 'text'],
    ['($1 || $2)', 'bytes', 'bytes'],
    ['substring($1 from 2)', 'bytes'],
    ['sha256($1)', 'bytes'],
  ],
  bool: [
    ['($1 = $2)', 'text', 'text'],
    ["($1 like 'Q%')", 'text'],
    ['($1 > $2)', 'int', 'int'],
    ['($1 is null)', 'text'],
    ['($1 and $2)', 'bool', 'bool'],
    ['not $1', 'bool'],
    ["($1 @> '{}')", 'json'],
    ["($1 < date '2000-01-01')", 'date'],
  ],
  address: [['row($1, $2)::address', 'text', 'text']],
};

const constants: Readonly<Record<Kind, string>> = {
  text: "'x'",
  int: '7',
  num: '1.5',
  date: "date '2024-02-29'",
  json: `'{"a": 1}'::jsonb`,
  texts: "array['x', 'y']",
  bytes: "'\\x6162'::bytea",
  bool: 'true',
  address: "row('s', 'z')::address",
};

export const kinds = Object.keys(constants) as readonly Kind[];

/** An expression of a kind over values at hand. */
export function expression(
  choices: Choices,
  kind: Kind,
  atHand: readonly Value[],
  depth: number,
  wantsHot: number,
): Value {
  const here = atHand.filter((value) => value.kind === kind);
  if (here.length > 0 && (depth === 0 || choices.chance(35))) {
    const hot = here.filter((value) => value.hot);
    return hot.length > 0 && choices.chance(wantsHot) ? choices.pick(hot) : choices.pick(here);
  }
  if (depth === 0) return { sql: constants[kind], kind, hot: false };
  const [sql, ...from] = choices.pick(makers[kind]);
  const parts = from.map((of) => expression(choices, of, atHand, depth - 1, wantsHot));
  return {
    sql: sql.replace(/\$([1-3])/g, (_, at: string) => parts[Number(at) - 1]?.sql ?? ''),
    kind,
    hot: parts.some(({ hot }) => hot),
  };
}
