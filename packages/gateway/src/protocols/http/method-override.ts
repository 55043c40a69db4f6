/**
 * Servers that take another method from the query, a form or a JSON body do something else than was judged, so whatever
 * reads as such an override is refused; and so is what they take for the credential of whoever asks (RFC 6750, 2.2 and
 * 2.3). (Headers that do are not on the list of those that an agent may set.)
 */
import { CountersignError } from '@countersign/core';

/** Names that mean nothing else. Compared in lower case, without what joins words and without brackets. */
const overrides: ReadonlySet<string> = new Set([
  'xhttpmethodoverride',
  'xhttpmethod',
  'xmethodoverride',
  'httpmethodoverride',
  'methodoverride',
  'overridemethod',
  'requestmethod',
]);
/** With `_` or `$` before it (`_method`, `$method`, `_HttpMethod`) it means nothing else, either. */
const marked = /^[\s_$.]+(?:http)?[\s_-]*method$/;
/** Names that also mean other things, such as how something is paid. */
const plain: ReadonlySet<string> = new Set(['method', 'httpmethod', 'verb', 'httpverb']);
/** Says who asks, as `Authorization` does. */
const credentials: ReadonlySet<string> = new Set(['access_token', 'authorization', 'bearer_token']);
const methods = /^(?:get|head|post|put|patch|delete|options|merge|copy|move|link|unlink|purge)$/i;

function isOverride(name: string, value: string): boolean {
  const lower = name.toLowerCase().replace(/\[.*$/s, '').trim();
  const joined = lower.replace(/[^a-z]/g, '');
  return overrides.has(joined) || marked.test(lower) || (plain.has(joined) && methods.test(value.trim()));
}

/**
 * @param fields A query, or a body of a form: `a=1&b=2`. Also read as servers do that split at `;`.
 * @throws {CountersignError} `malformed`.
 */
export function refuseOverrideIn(fields: string, where: string): void {
  for (const field of fields.split(/[&;?]/)) {
    const [name = '', ...value] = field.split('=');
    // Twice, for what is behind a server that decodes once itself.
    let [key, text] = [name, value.join('=')];
    for (let times = 0; times < 3; times++) {
      if (isOverride(key, text)) throw refused(where);
      if (credentials.has(key.toLowerCase().replace(/\[.*$/s, '').trim()))
        throw malformed(`a credential in ${where}`, 'none: the connection has its own');
      [key, text] = [decoded(key), decoded(text)];
    }
  }
}

/** @throws {CountersignError} `malformed`: wherever in it such a key stands. */
export function refuseOverrideInJson(body: string): void {
  const plainText = body.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  for (const [, name = '', value = ''] of plainText.matchAll(
    /"([^"\\]{1,60})"[ \t\r\n]{0,200}:[ \t\r\n]{0,200}(?:"([^"\\]{0,20})")?/g,
  ))
    if (
      marked.test(name.toLowerCase()) ||
      (overrides.has(name.toLowerCase().replace(/[^a-z]/g, '')) && methods.test(value))
    )
      throw refused('the body');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

const refused = (where: string) => malformed(`a method override in ${where}`, 'the method itself');
const malformed = (what: string, expected: string) => new CountersignError('malformed', { what, expected });
