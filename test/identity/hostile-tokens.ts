/* oxlint-disable max-lines -- one table, a value a line */
/**
 * Tokens that nobody may take, by what is wrong with them. Each is made by changing one thing of a token that is taken, and
 * most are signed with the issuer’s own key: it is the one change that has to be found.
 */
import { macSigned, type SigningKey, sign } from './issuer.ts';

type Made = readonly (readonly [what: string, token: () => string])[];

/** What is wrong with them. */
export const hostileKinds = [
  'its issuer',
  'its audience',
  'its algorithm',
  'its key',
  'its type',
  'its times',
  'whom it is for',
  'its groups',
  'a name that stands twice',
  'its form',
  'a character changed in it',
] as const;

export interface Forms {
  /** The header and the claims of a token that is taken. */
  readonly header: (more?: object) => Record<string, unknown>;
  readonly claims: (more?: object) => Record<string, unknown>;
  readonly refused: Readonly<Record<(typeof hostileKinds)[number], () => Made>>;
}

const now = () => Math.floor(Date.now() / 1000);
const flipped = (part: string, at: number): string =>
  part.slice(0, at) + (part[at] === 'A' ? 'B' : 'A') + part.slice(at + 1);
const json = (value: object | string) => JSON.stringify(value);
/** The same text with something put first, so that a name stands twice. */
const twice = (value: object, first: string) => `{${first},${json(value).slice(1)}`;
const evil = 'https://evil.example/keys';
const text = (value: string) => Buffer.from(value).toString('base64url');
const without = (from: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)));

const pairs = (list: readonly (readonly [name: string, value: unknown])[]) => list;

/** @param by Keys of the issuer, one with the same name of another, and both their addresses. */
export function tokenForms(by: {
  readonly rsa: SigningKey;
  readonly ec: SigningKey;
  readonly stranger: SigningKey;
  readonly issuer: string;
  readonly other: string;
}): Forms {
  const { rsa, ec, stranger, issuer, other } = by;
  const header = (more: object = {}): Record<string, unknown> => ({
    alg: 'RS256',
    kid: 'rsa-1',
    typ: 'at+jwt',
    ...more,
  });
  const claims = (more: object = {}): Record<string, unknown> => ({
    iss: issuer,
    aud: 'countersign',
    sub: 'client-1',
    client_id: 'support',
    owned_by: 'olivia',
    realm_access: { roles: ['agents'] },
    iat: now() - 5,
    nbf: now() - 5,
    exp: now() + 600,
    ...more,
  });
  const signed = (head: object | string, body: object | string) => () => sign(rsa, head, body);
  const withClaim = (name: string, values: readonly unknown[]): Made =>
    values.map((value) => [
      `${name} ${JSON.stringify(value)}`.slice(0, 90),
      () => sign(rsa, header(), claims({ [name]: value })),
    ]);
  const withHeader = (name: string, values: readonly unknown[]): Made =>
    values.map((value) => [
      `header ${name} ${JSON.stringify(value)}`.slice(0, 90),
      () => sign(rsa, header({ [name]: value }), claims()),
    ]);

  /** One part of a token replaced, as it stands in the text. */
  const replaced = (index: number, change: (part: string) => string) => () =>
    sign(rsa, header(), claims())
      .split('.')
      .map((part, at) => (at === index ? change(part) : part))
      .join('.');

  const refused: Forms['refused'] = {
    'its issuer': () => [
      ...withClaim('iss', [
        null,
        '',
        1,
        true,
        [issuer],
        { url: issuer },
        `${issuer}/`,
        ` ${issuer}`,
        `${issuer} `,
        `${issuer}\u0000`,
        issuer.toUpperCase(),
        issuer.replace('http', 'https'),
        `${issuer}#x`,
        `${issuer}?x`,
        issuer.replace('127.0.0.1', 'localhost'),
        issuer.replace('127.0.0.1', '127.1'),
        `${issuer}.evil.example`,
        'company',
        'plain',
        '__proto__',
        'constructor',
        'https://evil.example',
        other,
        issuer.replace('1', '\uff11'),
      ]),
      ['no iss', signed(header(), without(claims(), 'iss'))],
      ['another issuer’s key', () => sign(stranger, header(), claims())],
    ],
    'its audience': () => [
      ...withClaim('aud', [
        null,
        '',
        1,
        {},
        [],
        [[]],
        ['Countersign'],
        'Countersign',
        'countersign ',
        ' countersign',
        'countersign/',
        'counter',
        '*',
        'https://countersign',
        ['countersign-staging'],
        { 0: 'countersign' },
        'urn:countersign',
        'countersign,other',
        'countersign other',
        '__proto__',
      ]),
      ['no aud', signed(header(), without(claims(), 'aud'))],
    ],
    'its algorithm': () => [
      ...withHeader('alg', [
        'none',
        'None',
        'NONE',
        'nOnE',
        '',
        null,
        1,
        ['RS256'],
        { alg: 'RS256' },
        'HS256',
        'HS384',
        'HS512',
        'RS384',
        'RS512',
        'PS256',
        'PS384',
        'ES256',
        'ES384',
        'EdDSA',
        'Ed25519',
        'ES256K',
        'RSA1_5',
        'RSA-OAEP',
        'dir',
        'rs256',
        'RS256 ',
        'RS256\u0000',
        'RS1',
        'A256GCM',
        '__proto__',
        'toString',
      ]),
      ['no alg', signed(without(header(), 'alg'), claims())],
      ...['none', 'None', 'NONE', 'nOnE'].map(
        (alg) =>
          [
            `alg ${alg} and no signature`,
            () => `${text(json(header({ alg })))}.${text(json(claims()))}.`,
          ] as const,
      ),
      ...(['HS256', 'HS384', 'HS512'] as const).flatMap((alg) =>
        [
          ['its PEM', () => rsa.pem],
          ['its PEM without the last newline', () => rsa.pem.trimEnd()],
          ['its JWK', () => json(rsa.jwk)],
          ['its modulus', () => Buffer.from(rsa.jwk.n ?? '', 'base64url')],
          ['its modulus as text', () => rsa.jwk.n ?? ''],
          ['nothing', () => ''],
        ].map(
          ([what, secret]) =>
            [
              `${alg} keyed by ${String(what)}`,
              () => macSigned((secret as () => string)(), header({ alg }), claims(), Number(alg.slice(2))),
            ] as const,
        ),
      ),
      ['an EC key under RSA’s name', () => sign(ec, header(), claims())],
      ['an RSA key under EC’s name', () => sign(rsa, header({ alg: 'ES256', kid: 'ec-1' }), claims())],
      ['an RSA signature under PSS', () => sign(rsa, header({ alg: 'PS256' }), claims())],
    ],
    'its key': () => [
      ...withHeader('kid', [
        '',
        null,
        0,
        ['rsa-1'],
        { kid: 'rsa-1' },
        'ec-1',
        'RSA-1',
        'rsa-1 ',
        'rsa-2',
        '../../../../dev/null',
        '/dev/null',
        'file:///etc/passwd',
        evil,
        "' OR 1=1 --",
        '__proto__',
        'constructor',
        'rsa-1\u0000',
        'x'.repeat(501),
        '*',
        '%72sa-1',
        '..%2f..%2fkeys',
        '|whoami',
        '$(id)',
        '\ud83d\udd11',
      ]),
      ...pairs([
        ['jku', evil],
        ['jku', issuer + '/jwks'],
        ['x5u', evil],
        ['jwk', stranger.jwk],
        ['jwk', rsa.jwk],
        ['x5c', ['MIIB']],
        ['crit', ['exp']],
        ['crit', ['b64']],
        ['crit', []],
        ['b64', false],
        ['b64', true],
        ['zip', 'DEF'],
        ['enc', 'A256GCM'],
        ['cty', 'JWT'],
      ]).map(
        ([name, value]) =>
          [
            `header ${name} ${json([value])}`.slice(0, 80),
            signed(header({ [name]: value }), claims()),
          ] as const,
      ),
      ...withClaim('cnf', [{ jkt: 'x' }, { 'x5t#S256': 'x' }, {}, null]),
      ['a key of its own', () => sign(stranger, header({ jwk: stranger.jwk }), claims())],
      ['a key of its own at an address', () => sign(stranger, header({ jku: other + '/jwks' }), claims())],
      ['a key nobody published', () => sign(stranger, header({ kid: 'rsa-9' }), claims())],
      ['no kid, and another’s key', () => sign(stranger, without(header(), 'kid'), claims())],
    ],
    'its type': () => [
      ...withHeader('typ', [
        'JWT',
        'jwt',
        'at+jwt ',
        '',
        null,
        1,
        [],
        'id_token',
        'application/jwt',
        'application/application/at+jwt',
        'at+jwt;x',
        'dpop+jwt',
        'logout+jwt',
        'secevent+jwt',
        'none',
        'JOSE',
        'JWE',
        'at',
      ]),
      ['no typ', signed(without(header(), 'typ'), claims())],
      [
        'typ none where none is meant to be absent',
        () => sign(stranger, header({ typ: 'none' }), claims({ iss: other, azp: 'app' })),
      ],
      [
        'typ at+jwt where it is not taken',
        () => sign(stranger, header(), claims({ iss: other, azp: 'app' })),
      ],
    ],
    'its times': () => [
      ...withClaim('exp', [
        0,
        -1,
        null,
        '',
        'never',
        String(now() + 600),
        true,
        [now() + 600],
        {},
        now() - 31,
        now() - 600,
        now() + 86_500,
        now() * 1000,
        1e15,
        -1e15,
      ]),
      ...withClaim('nbf', [now() + 120, now() + 600, 'soon', null, true, [], now() * 1000]),
      ...withClaim('iat', [
        now() + 120,
        now() + 600,
        now() - 86_431,
        0,
        -1,
        'then',
        null,
        true,
        [],
        now() * 1000,
      ]),
      ['no exp', signed(header(), without(claims(), 'exp'))],
      ['no iat', signed(header(), without(claims(), 'iat'))],
    ],
    'whom it is for': () => [
      ...withClaim('sub', ['', null, 1, true, [], {}, ['client-1']]),
      ['no sub', signed(header(), without(claims(), 'sub'))],
      ...withClaim('client_id', [
        '',
        null,
        1,
        true,
        [],
        {},
        ['support'],
        'Support',
        'sup port',
        'support\u0000',
        'support\n',
        'аgent',
        'a'.repeat(65),
        '../x',
        'no-owner-at-all/',
        '__proto__',
        '0oaX',
        '0oax y',
        ' 0oaX Y',
        'support\u200b',
        'ｓupport',
        '@',
        '.',
      ]),
      ['no client', signed(header(), without(claims(), 'client_id'))],
      ...withClaim('owned_by', [
        '',
        null,
        1,
        [],
        ['olivia'],
        { sub: 'olivia' },
        'Olivia',
        'olivia ',
        'nobody',
        '__proto__',
        'constructor',
        'оlivia',
        'user-nobody',
        `oidc:${issuer}#user-olivia`,
        'local:olivia',
        'USER-OLIVIA',
      ]),
      ['no owner', signed(header(), without(claims(), 'owned_by'))],
      ['an owner in the file who is nobody', signed(header(), claims({ client_id: 'no-owner' }))],
      ...withClaim('act', [
        null,
        '',
        'support',
        1,
        [],
        [{ sub: 'support' }],
        {},
        { sub: '' },
        { sub: 1 },
        { sub: ['support'] },
        { client_id: 'Sup port' },
        { sub: 'support', iss: other },
        { sub: 'support', iss: null },
        { act: { sub: 'support' } },
        true,
      ]),
    ],
    'its groups': () => [
      ...withClaim('realm_access', [
        { roles: null },
        { roles: 1 },
        { roles: {} },
        { roles: [1] },
        { roles: [null] },
        { roles: [['agents']] },
        { roles: ['agents', ''] },
        { roles: true },
        { roles: [{ name: 'agents' }] },
        { roles: ['x'.repeat(201)] },
        { roles: [{}] },
      ]),
      ...withClaim('realm_access.roles', [null, 1, {}, [1], [''], true]),
      ...withClaim('_claim_names', [{ realm_access: 'src1' }]),
      ['left out, as Entra says it', signed(header(), without(claims({ hasgroups: true }), 'realm_access'))],
      [
        'left out, as Entra says it in text',
        signed(header(), without(claims({ hasgroups: 'true' }), 'realm_access')),
      ],
    ],
    'a name that stands twice': () => [
      ...['iss', 'aud', 'exp', 'sub', 'client_id', 'owned_by', 'iat', 'realm_access'].map(
        (name) => [`claim ${name}`, () => sign(rsa, header(), twice(claims(), `"${name}":"x"`))] as const,
      ),
      ...['iss', 'client_id'].map(
        (name) =>
          [
            `claim ${name} escaped`,
            () =>
              sign(
                rsa,
                header(),
                twice(claims(), `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":"x"`),
              ),
          ] as const,
      ),
      ...['alg', 'kid', 'typ'].map(
        (name) => [`header ${name}`, () => sign(rsa, twice(header(), `"${name}":"x"`), claims())] as const,
      ),
      [
        'a claim within groups',
        () => sign(rsa, header(), json(claims()).replace('"roles":', '"roles":[],"roles":')),
      ],
      [
        '__proto__ as a claim',
        () => sign(rsa, header(), twice(claims(), '"__proto__":{"aud":"countersign"}')),
      ],
    ],
    'its form': () => [
      ...[
        '',
        '.',
        '..',
        '...',
        'a.b.c',
        'e30.e30.',
        'e30.e30.e30',
        'null',
        '{}',
        'cs_agent_x',
        'cs_session_',
      ].map((token) => [json({ token }), () => token] as const),
      ['two parts', () => sign(rsa, header(), claims()).split('.').slice(0, 2).join('.')],
      ['four parts', () => `${sign(rsa, header(), claims())}.e30`],
      ['five parts', () => `${sign(rsa, header(), claims())}.e30.e30`],
      ['padding', () => `${sign(rsa, header(), claims())}==`],
      ['the alphabet of plain base64', replaced(2, (part) => `${part.slice(0, -2)}+/`)],
      ['a header that is a list', () => sign(rsa, '[]', claims())],
      ['a header that is null', () => sign(rsa, 'null', claims())],
      ['a header that is no JSON', () => sign(rsa, '{', claims())],
      ['claims that are a list', () => sign(rsa, header(), json([claims()]))],
      ['claims that are text', () => sign(rsa, header(), json('x'))],
      ['claims that are no JSON', () => sign(rsa, header(), `${json(claims())}x`)],
      ['claims with a comment', () => sign(rsa, header(), `/**/${json(claims())}`)],
      ['claims behind a byte order mark', () => sign(rsa, header(), `\ufeff${json(claims())}`)],
      [
        'claims with half a surrogate pair',
        () => sign(rsa, header(), json(claims()).replace('"support"', '"\\ud800"')),
      ],
      [
        'claims nested deep',
        () => sign(rsa, header(), json(claims({ x: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) }))),
      ],
      [
        'numbers that lose digits',
        () =>
          sign(
            rsa,
            header(),
            json(claims()).replace('"sub":"client-1"', '"sub":"client-1","n":12345678901234567890'),
          ),
      ],
      [
        'thirteen thousand characters of nothing',
        () => sign(rsa, header(), claims({ pad: 'x'.repeat(11_000) })).replace(/^./, 'f'),
      ],
      ['the JSON form of a signature', () => text(json({ payload: 'e30', signatures: [] }))],
      ['no signature', () => `${sign(rsa, header(), claims()).split('.').slice(0, 2).join('.')}.`],
      ['half a signature', replaced(2, (part) => part.slice(0, 170))],
      ['a signature of zeros', replaced(2, (part) => 'A'.repeat(part.length))],
      [
        'another token’s signature',
        () =>
          [
            ...sign(rsa, header(), claims()).split('.').slice(0, 2),
            sign(rsa, header(), claims({ jti: 'x' })).split('.')[2],
          ].join('.'),
      ],
    ],
    'a character changed in it': () =>
      [0, 1, 2].flatMap((part) =>
        Array.from(
          { length: 25 },
          (_, n) =>
            [
              `part ${part}, place ${n}`,
              replaced(part, (is) => flipped(is, Math.floor((n * (is.length - 4)) / 25))),
            ] as const,
        ),
      ),
  };

  return { header, claims, refused };
}
