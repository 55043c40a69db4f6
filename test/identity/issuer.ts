/** An issuer of access tokens in the test's hands: it signs whatever it is given, and publishes the keys it is told to. */
import { constants, createHmac, KeyObject, sign as signBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly pem: string;
}

export async function signingKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, jwk, pem: await exportSPKI(publicKey) };
}

export interface TestIssuer {
  readonly url: string;
  /** What it publishes; a test may replace it. */
  keys: readonly SigningKey[];
  /** How often its keys were fetched. */
  readonly fetched: () => number;
  /** Answers nothing but 503 while true. */
  down: boolean;
  /** What its document says instead. */
  document: object;
  /** What its token endpoint answers to whoever asks. */
  answer: object;
  close(): Promise<void>;
}

export async function startIssuer(keys: readonly SigningKey[]): Promise<TestIssuer> {
  let fetched = 0;
  let devices = 0;
  const server = createServer((request, response) => {
    if (issuer.down) return void response.writeHead(503).end();
    if (request.url === '/jwks') fetched++;
    const { url } = issuer;
    const answers: Readonly<Record<string, object>> = {
      '/jwks': { keys: issuer.keys.map(({ jwk }) => jwk) },
      '/token': issuer.answer,
      '/device': { device_code: `d${++devices}`, user_code: 'ABCD', verification_uri: url, expires_in: 300 },
      '/.well-known/openid-configuration': {
        issuer: url,
        jwks_uri: `${url}/jwks`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        device_authorization_endpoint: `${url}/device`,
        id_token_signing_alg_values_supported: ['RS256'],
        ...issuer.document,
      },
    };
    const answer = answers[request.url ?? ''] ?? {};
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    fetched: () => fetched,
    down: false,
    document: {},
    answer: {},
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

const encode = (part: string | object): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** Header and claims as given, texts as they are, signed by the key whatever the header says. */
export function sign(key: SigningKey, header: string | object, claims: string | object): string {
  const input = `${encode(header)}.${encode(claims)}`;
  const bytes = Buffer.from(input);
  const secret = KeyObject.from(key.privateKey);
  const signature = key.alg.startsWith('ES')
    ? signBytes('sha256', bytes, { key: secret, dsaEncoding: 'ieee-p1363' })
    : key.alg.startsWith('PS')
      ? signBytes('sha256', bytes, { key: secret, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
      : signBytes(key.alg === 'EdDSA' ? null : `sha${key.alg.slice(2)}`, bytes, secret);
  return `${input}.${signature.toString('base64url')}`;
}

/** As an attacker does who knows a public key only: an HMAC keyed by it. */
export function macSigned(secret: string | Buffer, header: object, claims: object, bits = 256): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac(`sha${bits}`, secret).update(input).digest('base64url')}`;
}
