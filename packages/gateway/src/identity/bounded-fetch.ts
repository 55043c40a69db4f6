/** Asks an identity provider: no redirects, a deadline, a bounded answer, and https unless it is on this machine. */

const mostBytes = 1024 * 1024;
const withinMs = 5000;

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** As `fetch`; throws where the answer is too large, too late or from somewhere else. */
export async function boundedFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    throw new TypeError('an identity provider that is not asked by https');
  const deadline = AbortSignal.timeout(withinMs);
  const response = await fetch(url, {
    ...init,
    redirect: 'manual',
    signal: init.signal == null ? deadline : AbortSignal.any([init.signal, deadline]),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new TypeError('an identity provider answered too much');
    chunks.push(chunk);
  }
  const { status, statusText, headers } = response;
  const body = status === 204 || status === 304 ? null : Buffer.concat(chunks);
  return new Response(body, { status, statusText, headers });
}
