import { CountersignError } from '@countersign/core';

/** Whether a host name is this machine's own: `localhost`, 127.0.0.0/8, `::1`. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Reads the gateway's address. A path is kept, for a gateway behind a proxy's prefix.
 *
 * @returns The address, ending in `/`.
 * @throws {CountersignError} `config_invalid` for what is no address, holds credentials, a query or a fragment, or would
 * send the token unencrypted over a network: plain http is for loopback only.
 */
export function baseUrl(text: string): URL {
  const refuse = (what: string) =>
    new CountersignError('config_invalid', { what, expected: 'a gateway like https://countersign.example' });
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refuse('the gateway’s url is no http(s) address');
  if (url.username !== '' || url.password !== '') throw refuse('the gateway’s url holds credentials');
  if (url.search !== '' || url.hash !== '') throw refuse('the gateway’s url has a query or a fragment');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw refuse(`the gateway’s url is plain http to ${url.hostname}`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
