/** The text of a body, where it is one. */

const charsets: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'ascii',
  'iso-8859-1',
  'latin1',
  'windows-1252',
]);

/** Types that are no text whatever their bytes look like; everything else is judged by its bytes. */
const binaryTypes =
  /^(?:image\/(?!svg\+xml)|audio\/|video\/|font\/|application\/(?:octet-stream|pdf|zip|gzip|x-tar|x-protobuf|protobuf|grpc|msgpack|x-msgpack|cbor|wasm|vnd\.(?!.*\+(?:json|xml))))/;

/** Types that are text: where such a body can't be read, no other reading of it may get around a mask. */
const textTypes =
  /^(?:text\/|multipart\/|message\/|[a-z]+\/(?:.*[+.-])?(?:json|ndjson|jsonl|xml|yaml|x-www-form-urlencoded|javascript|ecmascript|graphql|sql|csv|json-seq)(?:$|[;,\s]))/;

/** Whether a body of this type is no text by its kind, and not only by its bytes. */
export function isBinaryType(contentType: string): boolean {
  const type = contentType.toLowerCase().trim();
  return !textTypes.test(type) && !type.includes('charset');
}

/**
 * Null for what is no text: another character set than UTF-8 or Latin-1, broken UTF-8, a NUL.
 *
 * @param cut Whether the bytes may end within a character.
 */
export function bodyText(bytes: Buffer, contentType: string, cut: boolean): string | null {
  const type = contentType.toLowerCase();
  if (binaryTypes.test(type.trim())) return null;
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/.exec(type)?.[1] ?? 'utf-8';
  if (!charsets.has(charset)) return null;
  // What reads as UTF-8 is UTF-8, whatever it is called: read as Latin-1 it would hide letters from the detectors.
  const text =
    decoded(bytes, 'utf-8', cut) ?? (/utf|ascii/.test(charset) ? null : decoded(bytes, charset, cut));
  return text === null || text.includes('\0') ? null : text;
}

function decoded(bytes: Buffer, charset: string, cut: boolean): string | null {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return null;
  }
}
