/**
 * A certificate for 127.0.0.1 that signs itself, made for one endpoint and good for as long as a call may take. X.509
 * version 3 in DER, ECDSA with P-256 and SHA-256.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface OwnCertificate {
  readonly certPem: string;
  /** Never leaves the process. */
  readonly keyPem: string;
}

/** Milliseconds by which the clocks of two processes may differ. */
const skewMs = 5 * 60_000;

/** @param now Milliseconds since the epoch. @param lifetimeMs For how long it is good. */
export function ownCertificate(now: number, lifetimeMs: number): OwnCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = toBeSigned(publicKey, new Date(now - skewMs), new Date(now + lifetimeMs + skewMs));
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, ecdsaWithSha256, bits(signature));
  return {
    certPem: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function toBeSigned(publicKey: KeyObject, from: Date, until: Date): Buffer {
  // The first bit says that a number is positive, and one more that it is of full length.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const name = sequence(
    tagged(0x31, sequence(oid(0x55, 0x04, 0x03), tagged(0x0c, Buffer.from('Countersign’s endpoint')))),
  );
  return sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(isNoAuthority, signsOnly, servesOnly, isLoopback)),
  );
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts);
/** @param bytes As DER has them: the first two arcs in one, the others in base 128. */
const oid = (...bytes: readonly number[]): Buffer => tagged(0x06, Buffer.from(bytes));
const bits = (bytes: Buffer): Buffer => tagged(0x03, Buffer.from([0]), bytes);
const octets = (bytes: Buffer): Buffer => tagged(0x04, bytes);
const yes = tagged(0x01, Buffer.from([0xff]));

/** Two digits of the year: good until 2049, after which DER has another form. */
const time = (date: Date): Buffer =>
  tagged(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const isNoAuthority = sequence(oid(0x55, 0x1d, 0x13), yes, octets(sequence()));
const signsOnly = sequence(oid(0x55, 0x1d, 0x0f), yes, octets(tagged(0x03, Buffer.from([7, 0x80]))));
const servesOnly = sequence(
  oid(0x55, 0x1d, 0x25),
  octets(sequence(oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01))),
);
const isLoopback = sequence(
  oid(0x55, 0x1d, 0x11),
  octets(sequence(tagged(0x87, Buffer.from([127, 0, 0, 1])))),
);
