/**
 * The gateway's keys: one that signs the ledger's heads, one that wraps the per-run keys and from which the mask key is
 * derived. They live in a file of their own, 0600, which store backups leave out; beside it the public key, for `verify`,
 * and the last signed head, which a restored backup lies behind.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CountersignError, canonicalJson, headSchema, type SignedHead, sha256 } from '@countersign/core';
import { z } from 'zod';

/** What signs, wraps and masks. Never logged, never exported. */
export interface Keys {
  /** AES-256: wraps the per-run keys. */
  readonly master: Buffer;
  /** Keys the HMACs of hash and tokenize masks. */
  readonly masks: Buffer;
  readonly publicKeyPem: string;
  sign(head: Omit<SignedHead, 'key' | 'signature'>): SignedHead;
  /** The last signed head that was kept outside the store; null where there is none, or for keys in memory. */
  lastHead(): SignedHead | null;
  /** Keeps a head, unless one that is as large is kept already. */
  keepHead(head: SignedHead): void;
  /** Keeps a head though a larger one was kept: the store lost its latest writes, and the ledger says so. */
  goOnFrom(head: SignedHead): void;
}

const fileSchema = z.strictObject({ version: z.literal(1), master: z.string(), signing: z.string() });

/** A short name for a public key: the first 16 hex digits of SHA-256 over its SPKI. */
export function keyName(key: KeyObject): string {
  return sha256(key.export({ type: 'spki', format: 'der' })).slice(0, 16);
}

function signedBytes(head: Omit<SignedHead, 'signature'>): Buffer {
  const { size, root, at, key } = head;
  return Buffer.from(`countersign.head.v1\n${canonicalJson({ size, root, at, key })}`);
}

export function headIsSignedBy(head: SignedHead, publicKey: KeyObject): boolean {
  return (
    head.key === keyName(publicKey) &&
    verify(null, signedBytes(head), publicKey, Buffer.from(head.signature, 'base64'))
  );
}

/** Keys that die with the process: for a throw-away store. */
export function memoryKeys(): Keys {
  return keysFrom(randomBytes(32), generateKeyPairSync('ed25519').privateKey, null);
}

/**
 * Reads the keys file, or makes it at the first start.
 *
 * @throws {CountersignError} `config_invalid` when others may read it, `data_damaged` when it can't be read.
 */
export function fileKeys(file: string): Keys {
  if (!existsSync(file)) {
    const master = randomBytes(32);
    const { privateKey } = generateKeyPairSync('ed25519');
    const signing = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify({ version: 1, master: master.toString('base64'), signing })}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new CountersignError('config_invalid', { what: `others may read ${file}`, expected: 'mode 0600' });
  }
  let parsed: z.infer<typeof fileSchema>;
  try {
    parsed = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The cause is left out: a parser's message quotes what it read.
    throw new CountersignError('data_damaged', { what: `${file} is not a keys file` });
  }
  const signing = createPrivateKey({
    key: Buffer.from(parsed.signing, 'base64'),
    type: 'pkcs8',
    format: 'der',
  });
  return keysFrom(Buffer.from(parsed.master, 'base64'), signing, file);
}

/** Keys made of what is given; with a file, its public key and its last head stand beside it. */
export function keysFrom(master: Buffer, signing: KeyObject, file: string | null): Keys {
  const publicKey = createPublicKey(signing);
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' });
  const key = keyName(publicKey);
  if (file !== null) replaceFile(`${file}.pub`, publicKeyPem, 0o644);
  const headFile = file === null ? null : `${file}.head`;
  let kept: SignedHead | null = null;
  // Read each time: another gateway of the store may have written it.
  const lastHead = () => (headFile === null ? kept : readHead(headFile));
  const put = (head: SignedHead) => {
    if (headFile === null) kept = head;
    else replaceFile(headFile, `${JSON.stringify(head)}\n`, 0o600);
  };
  // A head that can't be read is told at the start.
  lastHead();
  return {
    master,
    masks: Buffer.from(hkdfSync('sha256', master, '', 'countersign.masks.v1', 32)),
    publicKeyPem,
    sign: (head) => {
      const unsigned = { ...head, key };
      return { ...unsigned, signature: sign(null, signedBytes(unsigned), signing).toString('base64') };
    },
    lastHead,
    keepHead: (head) => {
      const there = lastHead();
      if (there === null || there.size < head.size) put(head);
    },
    goOnFrom: put,
  };
}

function readHead(file: string): SignedHead | null {
  if (!existsSync(file)) return null;
  try {
    return headSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new CountersignError('data_damaged', { what: `${file} is not a signed head` }, { cause });
  }
}

function replaceFile(file: string, text: string, mode: number): void {
  // Two gateways may share the folder.
  const next = `${file}.${process.pid}.next`;
  writeFileSync(next, text, { mode });
  chmodSync(next, mode);
  renameSync(next, file);
}
