/** Where browsers reach the gateway: what cookies are named and links are made by, and which pages are its own. */
export interface Address {
  /** Without path. */
  readonly origin: URL;
  /** Origins whose pages are the gateway's own. */
  readonly origins: ReadonlySet<string>;
}

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** @param own Where the gateway listens. @param publicUrl What the policy says instead; null where it says nothing. */
export function addressOf(own: string, publicUrl: string | null): Address {
  const origin = new URL(publicUrl ?? own);
  const origins = new Set([origin.origin]);
  // This machine has several names; a page under any of them came from this gateway all the same.
  if (loopback.includes(origin.hostname)) {
    for (const name of loopback) {
      const alias = new URL(origin);
      alias.hostname = name;
      origins.add(alias.origin);
    }
  }
  return { origin, origins };
}
