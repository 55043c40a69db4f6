/** A real identity provider (oidc-provider) in the test's own process, and somebody who signs in there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';

export interface IdentityProvider {
  readonly issuer: string;
  /** Goes where it is led, as `account`, with the cookies of one browser, until it is led to `until`. */
  signIn(url: string, account: string, until: string, jar?: Map<string, string>): Promise<string>;
  close(): Promise<void>;
}

/** @param redirects Where it may lead back to. */
export async function startProvider(redirects: () => readonly string[]): Promise<IdentityProvider> {
  const server = createServer((request, response) => void callback(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const ttl = {
    AccessToken: 600,
    ClientCredentials: 600,
    Grant: 600,
    IdToken: 600,
    Interaction: 600,
    Session: 600,
    DeviceCode: 600,
  };
  // It warns that it is no product, on each import and each start.
  const { warn, info } = console;
  console.warn = () => undefined;
  console.info = () => undefined;
  const { Provider } = await import('oidc-provider');
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'console',
        client_secret: 's'.repeat(32),
        application_type: 'native',
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        redirect_uris: [...redirects()],
      },
      {
        client_id: 'support',
        client_secret: 'a'.repeat(32),
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (client?.clientId === 'support' ? 'urn:gateway' : []),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'calls',
          audience: 'urn:gateway',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    claims: { openid: ['sub'], groups: ['groups'] },
    scopes: ['openid', 'groups'],
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, groups: id === 'otto' ? ['platform'] : ['staff'] }),
    }),
    conformIdTokenClaims: false,
    cookies: { keys: ['test'] },
    ttl,
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'idp-1', use: 'sig', alg: 'RS256' }] },
  });
  console.warn = warn;
  const callback = provider.callback();
  return {
    issuer,
    signIn: (url, account, until, jar = new Map()) => goAlong(url, account, until, jar),
    close: async () => {
      console.info = info;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Follows what a browser would, fills in forms with the account, and agrees to everything. */
async function goAlong(
  start: string,
  account: string,
  until: string,
  jar: Map<string, string>,
): Promise<string> {
  let url = start;
  let body: URLSearchParams | null = null;
  for (let step = 0; step < 25; step++) {
    const response = await fetch(url, {
      method: body === null ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === null ? {} : { body }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    const page = await response.text();
    body = null;
    if (location !== null) {
      url = new URL(location, url).href;
      if (url.startsWith(until)) return url;
      continue;
    }
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    if (action === undefined) return page;
    body = new URLSearchParams();
    for (const [, name = '', value = ''] of page.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g))
      body.set(name, value);
    if (/name="login"/.test(page)) {
      body.set('login', account);
      body.set('password', 'x');
    }
    url = new URL(action, url).href;
  }
  throw new Error('the identity provider leads around in circles');
}
