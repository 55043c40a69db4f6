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
  try {
    const decoder = new TextDecoder(charset === 'ascii' || charset === 'us-ascii' ? 'utf-8' : charset, {
      fatal: true,
    });
    const text = decoder.decode(bytes, { stream: cut });
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}
