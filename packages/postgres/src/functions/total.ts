/**
 * What gives a value for every value it is given, and at about the same price: a failure, or the time it took, tells
 * nothing of what it was computed from. What is not known here may fail.
 */
import { stringsOf, type TypeName } from '../ast/nodes.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Of every argument. */
const total: ReadonlySet<string> = new Set(
  words(`
    lower upper initcap length char_length character_length octet_length bit_length btrim ltrim rtrim translate reverse
    concat concat_ws md5 sha224 sha256 sha384 sha512 strpos position starts_with ascii quote_literal quote_ident
    quote_nullable to_json to_jsonb row_to_json json_build_array jsonb_build_array json_typeof jsonb_typeof
    jsonb_extract_path jsonb_extract_path_text jsonb_strip_nulls array_length
    array_ndims array_upper array_lower cardinality num_nulls num_nonnulls isfinite isempty lower_inc upper_inc
    lower_inf upper_inf pg_typeof pg_column_size floor ceil ceiling sign`),
);

/** Of the first argument, as long as the others are given: how long, which format, which pattern. */
const totalOfFirst: ReadonlySet<string> = new Set(
  words(`
    left right substr substring split_part to_char encode round trunc array_to_string json_extract_path
    json_extract_path_text regexp_replace regexp_substr regexp_count regexp_instr regexp_like first_value last_value lag lead`),
);

/** Of the second, `born` in `extract(year from born)`; there are few fields and zones, and all other words fail. */
const totalOfSecond: ReadonlySet<string> = new Set(words('extract date_trunc date_part'));

/**
 * Whether an argument of a function may be of any value.
 *
 * @param index The argument's, from 0.
 * @param count How many arguments there are.
 */
export function isTotalArgument(name: string, index: number, count: number): boolean {
  // Bytes in an encoding, which not all bytes are in.
  if (name === 'length' && count > 1) return false;
  if (totalOfSecond.has(name)) return index === 1;
  return total.has(name) || (totalOfFirst.has(name) && index === 0);
}

const comparisons = '= <> != < > <= >= <@ @> && ? ?| ?& -> ->> #> #>> ^@';
const patterns = '~~ !~~ ~~* !~~* ~ !~ ~* !~*';
const totalOperators: ReadonlySet<string> = new Set(words(`${comparisons} ||`));
const patternOperators: ReadonlySet<string> = new Set(words(patterns));

/** Which sides of an operator of the server's own may be of any value. */
export function totalSides(name: string): 'both' | 'left' | 'none' {
  if (totalOperators.has(name)) return 'both';
  return patternOperators.has(name) ? 'left' : 'none';
}

const text: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name']);
/** To these types, from those; `"char"` is one byte, which few numbers fit in. */
const widening: ReadonlyMap<string, readonly string[]> = new Map([
  ['int4', ['21', '16']],
  ['int8', ['21', '23']],
  ['numeric', ['21', '23', '20']],
  ['float8', ['21', '23', '20', '700']],
  ['char', ['25', '1042', '1043']],
]);

/**
 * Whether a cast gives a value for every value of a type; text is cut, all else may not fit.
 *
 * @param from The value's type, by its id.
 * @param toId That of the type that is named.
 */
export function isTotalCast(to: TypeName, from: string | null, toId: string | null): boolean {
  const names = stringsOf(to.names);
  if ((to.arrayBounds?.length ?? 0) > 0 || (names.length > 1 && names[0] !== 'pg_catalog')) return false;
  const name = names.at(-1) ?? '';
  if (text.has(name)) return true;
  if (from === null || (to.typmods?.length ?? 0) > 0) return false;
  return from === toId || widening.get(name)?.includes(from) === true;
}
