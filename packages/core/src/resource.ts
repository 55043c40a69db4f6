/**
 * Resource names: `kind:` and segments, each percent-encoded. Segments are joined by `.` (`table:public.orders`),
 * except for paths (`http:/v1/invoices/42`, `k8s:shop/apps/deployments/web`), which are joined by `/`.
 */

/** A resource, as in `table:public.orders`. */
export type Resource = `${string}:${string}`;

/** The kinds whose segments are joined by `/`. */
const pathKinds: ReadonlySet<string> = new Set(['http', 'k8s', 'file', 'program', 'server']);

/** What joins the segments of a kind of resource. */
export function separatorOf(kind: string): '.' | '/' {
  return pathKinds.has(kind) ? '/' : '.';
}

/** What a segment may hold as it is; all else, the separators, `%` and `*` first, is percent-encoded as UTF-8. */
const plain = /^[A-Za-z0-9_$(),[\] -]*$/;

/** Percent-encodes one segment, so that a name with a dot, a slash or a star in it stays one segment. */
export function encodeSegment(text: string): string {
  if (plain.test(text)) return text;
  let out = '';
  for (const character of text.toWellFormed()) {
    if (plain.test(character)) out += character;
    else
      for (const byte of Buffer.from(character))
        out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** Joins a kind and its raw segments into a resource name, each segment encoded. */
export function resource(kind: string, ...segments: readonly string[]): Resource {
  return `${kind}:${segments.map(encodeSegment).join(separatorOf(kind))}`;
}

/** Splits a resource name, or a pattern, into its kind and its still encoded segments. What has no colon has no kind. */
export function splitResource(name: string): { readonly kind: string; readonly segments: readonly string[] } {
  const colon = name.indexOf(':');
  if (colon < 0) return { kind: '', segments: [name] };
  const kind = name.slice(0, colon);
  return { kind, segments: name.slice(colon + 1).split(separatorOf(kind)) };
}
