/** Where a browser is led after it signed in: a path of the gateway's own, or its first page. */

const form = /^\/[\x21-\x5b\x5d-\x7e]{0,1000}$/;

/** The path as it was given, where no reading of it leads elsewhere; else `/`. */
export function ownPath(given: string | undefined, origin: URL): string {
  if (given === undefined || !form.test(given) || given.startsWith('//')) return '/';
  const url = URL.parse(given, origin);
  if (url === null || url.origin !== origin.origin || url.pathname.startsWith('//')) return '/';
  return url.pathname.startsWith('/auth/') ? '/' : `${url.pathname}${url.search}${url.hash}`;
}
