/**
 * Cookies. On https their names begin with `__Host-`: the browser then takes them from this host alone, for all of its
 * paths, and sends them encrypted only. Browsers share cookies among the ports of a host, so that on plain http the port
 * is part of the name: two gateways of one machine do not end each other's sessions.
 */

/** What a cookie's value may be made of here: base64url, and dots. */
const valueForm = /^[A-Za-z0-9_.-]{1,4000}$/;

/** A cookie's name at an address. */
export function cookieName(name: string, origin: URL): string {
  return origin.protocol === 'https:' ? `__Host-${name}` : `${name}-${origin.port || '80'}`;
}

/** The value of a cookie; null where there is none, another form, or more than one of the name: nobody can tell which is ours. */
export function readCookie(header: string | undefined, name: string): string | null {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value, another] = values;
  return value !== undefined && another === undefined && valueForm.test(value) ? value : null;
}

export interface CookieOptions {
  readonly origin: URL;
  /** `Strict`: sent with requests of this site's own pages only. `Lax`: also when another site leads here. */
  readonly sameSite: 'Strict' | 'Lax';
  /** Seconds; 0 removes it. Left out, it goes with the browser. */
  readonly maxAge?: number;
}

/** A `Set-Cookie` header. Scripts never see it. */
export function setCookie(name: string, value: string, { origin, sameSite, maxAge }: CookieOptions): string {
  const secure = origin.protocol === 'https:' ? '; Secure' : '';
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${sameSite}${secure}${age}`;
}
