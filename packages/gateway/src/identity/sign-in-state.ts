/**
 * What a sign-in remembers between leaving for the identity provider and coming back: in a cookie of the browser that
 * began it, encrypted under the gateway's key, so that no store is written for strangers and every gateway of a store can
 * finish it. State, nonce and PKCE verifier are derived from its secret.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import type { z } from 'zod';
import type { Runtime } from '../runtime/runtime.ts';

const [nonceBytes, tagBytes] = [12, 16];

/** Seals small values so that who holds them can neither read nor change them. */
export interface StateBox {
  seal(what: string, value: unknown): string;
  /** Null for what was not sealed here as the same, or has another form. */
  open<Schema extends z.ZodType>(what: string, text: string, schema: Schema): z.infer<Schema> | null;
  /** A value for one purpose, from a secret that stays. */
  derive(purpose: string, secret: string): string;
}

export function stateBox(master: Uint8Array, runtime: Runtime): StateBox {
  const key = (use: string) =>
    Buffer.from(hkdfSync('sha256', master, '', `countersign.sign-in.${use}.v1`, 32));
  const [sealing, deriving] = [key('seal'), key('derive')];
  return {
    seal: (what, value) => {
      const nonce = runtime.randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(what));
      const box = [nonce, cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(box).toString('base64url');
    },
    open: (what, text, schema) => {
      const box = Buffer.from(text, 'base64url');
      if (box.byteLength < nonceBytes + tagBytes || box.toString('base64url') !== text) return null;
      try {
        const cipher = createDecipheriv('aes-256-gcm', sealing, box.subarray(0, nonceBytes));
        cipher.setAAD(Buffer.from(what)).setAuthTag(box.subarray(-tagBytes));
        const plain = Buffer.concat([cipher.update(box.subarray(nonceBytes, -tagBytes)), cipher.final()]);
        const parsed = schema.safeParse(JSON.parse(plain.toString('utf8')));
        return parsed.success ? parsed.data : null;
      } catch {
        return null;
      }
    },
    derive: (purpose, secret) =>
      createHmac('sha256', deriving).update(`${purpose}\n${secret}`).digest('base64url'),
  };
}

/** The nonce of a sign-in for one approval: whoever has the ID token and the salt can tell for which it was. */
export function approvalNonce(salt: string, approvalDigest: string): string {
  return createHash('sha256')
    .update(`countersign.sign-in-nonce.v1\n${salt}\n${approvalDigest}`)
    .digest('base64url');
}
