import type { DetectorName } from '@countersign/core';
import { describe, expect, test } from '@jest/globals';
import { allDetectors } from './all.ts';

const found = (name: DetectorName, text: string): readonly string[] =>
  allDetectors[name](text).map(({ start, end }) => text.slice(start, end));

/** Credentials are put together here, so that no scanner takes this file for a leak. */
const joined = (...parts: readonly string[]): string => parts.join('');

const cases: Readonly<Record<DetectorName, { finds: readonly string[]; leaves: readonly string[] }>> = {
  email: {
    finds: [
      'ada@example.com',
      'a.b+c_d%e@mail.example.co.uk',
      "o'neil@example.ie",
      'ada%40example.com',
      'jürgen@müller.de',
      '"ada lovelace"@example.com',
      'x@[redacted].com'.replace('[redacted]', 'y'),
    ],
    leaves: [
      'ada@localhost',
      '@handle',
      'a @ b.com',
      'user@',
      '@',
      '{"a":"@bob.smith"}',
      'price @ 3.50',
      'a@1.23',
    ],
  },
  phone: {
    finds: [
      '+12125550123',
      '+1 (212) 555-0123',
      '+49 30 1234567',
      '+44 20 7946 0958',
      '(212) 555-0123',
      '212-555-0123',
      '212.555.0123',
      '1-212-555-0123',
    ],
    leaves: [
      '2125550123',
      '2026-11-20',
      '192.168.100.200',
      '1+2345',
      '012-345-6789',
      '12345-212-555-01234',
      '+0123456789',
    ],
  },
  credit_card: {
    finds: [
      '4111111111111111',
      '4111 1111 1111 1111',
      '4111-1111-1111-1111',
      '4111\u00A01111\u00A01111\u00A01111',
      '378282246310005',
      '3782 822463 10005',
      '5555555555554444',
      '2223003122003222',
      '6011111111111117',
      '30569309025904',
      '3530111333300000',
      '4222222222222',
    ],
    leaves: [
      '4111111111111112',
      '1234567890123456',
      '9999999999999995',
      '0000000000000000',
      '0.4111111111111111',
      '411111111111',
      '41111111111111111111111111',
      '2026-11-20 10:43:56.123456',
    ],
  },
  iban: {
    finds: [
      'DE89370400440532013000',
      'DE89 3704 0044 0532 0130 00',
      'GB82WEST12345698765432',
      'gb82 west 1234 5698 7654 32',
      'NO9386011117947',
    ],
    leaves: [
      'DE89370400440532013001',
      'GB82WEST1234569876543',
      'XX89370400440532013000',
      'ADE89370400440532013000',
      'DE893704004405320130001',
    ],
  },
  us_ssn: {
    finds: ['123-45-6789', '123 45 6789', '856-45-6789'],
    leaves: [
      '000-12-3456',
      '666-12-3456',
      '900-12-3456',
      '123-00-6789',
      '123-45-0000',
      '123456789',
      '123-45 6789',
      '123-456-789',
      '2026-11-20',
    ],
  },
  ip_address: {
    finds: [
      '192.168.0.1',
      '255.255.255.255',
      '::1',
      'fe80::1',
      '2001:db8::8a2e:370:7334',
      '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
      '::ffff:10.0.0.1',
    ],
    leaves: [
      '256.1.1.1',
      '1.2.3',
      '1.2.3.4.5',
      '10:22:33',
      'bad::face',
      'std::vector',
      '1::int',
      'v1.2.3.4',
      '2026-11-20T10:22:33',
    ],
  },
  jwt: {
    finds: [
      joined('eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxIn0', '.c2lnbmF0dXJl'),
      joined('eyJhbGciOiJub25lIn0', '.eyJzdWIiOiIxIn0', '.'),
      joined('eyJhbGciOiJkaXIifQ', '..aXZpdml2aXY', '.Y2lwaGVy', '.dGFn'),
    ],
    leaves: ['eyJ', 'eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0', 'a.b.c', 'eyJa.eyJb.c'],
  },
  private_key: {
    finds: [
      joined('-----BEGIN RSA PRIVATE', ' KEY-----\nMIIE\n-----END RSA PRIVATE', ' KEY-----'),
      joined('-----BEGIN PRIVATE', ' KEY-----\\nMIIE\\n-----END PRIVATE', ' KEY-----'),
      joined('-----BEGIN OPENSSH PRIVATE', ' KEY-----\nb3BlbnNzaA=='),
      joined('-----BEGIN PGP PRIVATE', ' KEY BLOCK-----\nx\n-----END PGP PRIVATE', ' KEY BLOCK-----'),
    ],
    leaves: [
      '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
      'PRIVATE KEY',
      '-----BEGIN CERTIFICATE-----',
    ],
  },
  api_key: {
    finds: [
      joined('AK', 'IAIOSFODNN7EXAMPLE'),
      joined('ghp', '_16C7e42F292c6912E7710c838347Ae178B4a'),
      joined('github', '_pat_11ABCDEFG0abcdefghijklmnop'),
      joined('xox', 'b-123456789012-abcdefABCDEF'),
      joined('sk', '_live_4eC39HqLyjWDarjtT1zdp7dc'),
      joined('AI', 'zaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe'),
      joined('sk', '-proj-abcDEF1234567890abcdef'),
      joined('cs_', 'agent_0123456789abcdefghijkm_', 'A'.repeat(43)),
      joined('Bea', 'rer mF_9.B5f-4.1JqM0123456'),
      joined('Ba', 'sic QWxhZGRpbjpvcGVuIHNlc2FtZTE='),
      joined('glpat', '-abcdefghij1234567890'),
      joined('npm', '_abcdefghijklmnopqrstuvwxyz0123456789'),
    ],
    leaves: [
      'AKIA',
      'task-list-of-things-to-do-2026',
      'sk-a-long-name-in-kebab-case',
      'Bearer of good news: it is all about to be over',
      'Basic authentication is required',
      'https://example.com:8443/a@b',
      'postgres://reader@db/shop',
      'sk-2026-winter-jacket-blue-xl',
      'risk-1234567890abcdefghij',
      'npm_config_registry',
      'dapi',
      'ghp_short',
    ],
  },
};

describe.each(Object.entries(cases) as [DetectorName, (typeof cases)[DetectorName]][])(
  '%s',
  (name, { finds, leaves }) => {
    test.each(finds)('finds %j alone, in words and in JSON', (value) => {
      expect(found(name, value)).toContain(value);
      // A key without its end goes on to the end of the text.
      expect(found(name, `see: ${value} (new)`).some((span) => span.startsWith(value))).toBe(true);
      expect(found(name, JSON.stringify({ v: value, w: [value] })).length).toBeGreaterThan(0);
    });

    test.each(leaves)('leaves %j', (text) => {
      expect(found(name, text)).toEqual([]);
    });
  },
);

test('the password of a URL is a credential', () => {
  expect(found('api_key', 'at postgres://me:s3cret@db.internal/shop now')).toEqual(['me:s3cret']);
  expect(found('api_key', 'redis://:p@ss@cache')).toEqual([':p@ss']);
});

test('several values of one kind are found each', () => {
  expect(found('credit_card', '4111 1111 1111 1111 5555 5555 5555 4444')).toEqual([
    '4111 1111 1111 1111',
    '5555 5555 5555 4444',
  ]);
  expect(found('email', 'a@b.co,c@d.co')).toEqual(['a@b.co', 'c@d.co']);
});

/** Milliseconds of the processor's time, which what else runs on the machine adds nothing to. */
function processorTime(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('the time that hostile text takes grows with its length and not faster', () => {
  const pieces = [
    '@',
    'a@',
    'a.',
    '"@',
    '1',
    '1 ',
    '1-',
    '+1',
    '+1 ',
    'DE89',
    'D8',
    ':',
    '1:',
    '1.',
    '255.',
    'eyJ',
    'eyJaaaaaaaaa.',
    'sk-',
    'AKIA',
    '-----BEGIN ',
    '://',
    '://a:',
    'Bearer ',
    '-----BEGIN PRIVATE KEY',
    '%40',
    '(212) ',
    '212-',
    '4',
    '[',
    'é',
    '\u0000',
    'password=',
    'token: "',
    'secret-',
    'tel ',
    'phone 1',
    'ssn 1',
    'AC0',
    '11111111-1111-1111-1111-111111111111 ',
    '---- BEGIN ',
    'PRIVATE KEY----',
    '4111_',
    '4111.',
    '4111111111111111',
    'e4111111111111111',
    'a:AA',
    '1:AA',
    'pat',
    'Q~',
    '.atlasv1.',
    'M.',
    '(01',
    '001-',
    'version 1.1.1.1 ',
    '-us',
    'telefon',
    '"password":"',
  ];
  test.each(Object.keys(allDetectors) as DetectorName[])('%s', (name) => {
    const slow = pieces.filter((piece) => {
      const once = piece.repeat(Math.ceil(50_000 / piece.length));
      const isSlow = () => {
        const small = processorTime(() => allDetectors[name](once));
        const large = processorTime(() => allDetectors[name](once.repeat(8)));
        // A scanner that looks back for each piece takes 64 times as long, and seconds.
        return large > 24 * Math.max(small, 30);
      };
      // A machine with other things to do is slow once, a scanner that looks back is slow each time.
      return isSlow() && isSlow() && isSlow();
    });
    expect(slow).toEqual([]);
  });
});
