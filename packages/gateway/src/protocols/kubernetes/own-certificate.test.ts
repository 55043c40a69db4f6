import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { ownCertificate } from './own-certificate.ts';

test('a certificate is for loopback and for its time only, and no authority', () => {
  const now = Date.parse('2026-02-03T04:05:06Z');
  const one = new X509Certificate(ownCertificate(now, 60_000).certPem);
  expect(one.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(one.checkIP('127.0.0.2')).toBeUndefined();
  expect(one.checkHost('localhost')).toBeUndefined();
  expect([one.validFrom, one.validTo]).toEqual(['Feb  3 04:00:06 2026 GMT', 'Feb  3 04:11:06 2026 GMT']);
  expect(one.ca).toBe(false);
  expect(one.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(one.verify(one.publicKey)).toBe(true);
});

test('each is another, with another key', () => {
  const [one, other] = [ownCertificate(0, 1), ownCertificate(0, 1)];
  expect(one.keyPem).not.toBe(other.keyPem);
  expect(new X509Certificate(one.certPem).serialNumber).not.toBe(
    new X509Certificate(other.certPem).serialNumber,
  );
});
