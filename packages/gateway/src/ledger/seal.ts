/**
 * Seals contents: each is encrypted under its run's own key, with a salt of its own, and the event commits to
 * SHA-256(salt ‖ content). Erasing the run's key erases what was said; the commitments still prove that it was.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { CountersignError, type EventId } from '@countersign/core';
import { LRUCache } from 'lru-cache';
import type { Runtime } from '../runtime/runtime.ts';
import { findContent } from '../store/contents.ts';
import type { SealedContent } from '../store/event-row.ts';
import { findOrMakeRun, findRunKey, type RunName } from '../store/run-keys.ts';
import type { Database } from '../store/store.ts';

const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

export interface OpenedContent {
  readonly salt: Buffer;
  readonly content: string;
}

export interface Sealer {
  /** The run's id, made at its first call. */
  runId(run: RunName): Promise<string>;
  seal(
    runId: string,
    event: EventId,
    name: string,
    content: string,
    keepMs?: number | null,
  ): Promise<SealedContent>;
  /** Encrypts something under a run's key; `what` says what it is, and opens nothing else. */
  lock(runId: string, what: string, plain: string): Promise<Buffer>;
  /** Null where the run's key was erased. */
  unlock(runId: string, what: string, box: Buffer): Promise<string | null>;
  /** Null where it is not kept any more, or was erased. */
  open(event: EventId, name: string): Promise<OpenedContent | null>;
  /** Drops what is remembered of the store's runs: it may not have them any more. */
  forget(): void;
}

export function commitmentTo(salt: Uint8Array, content: string): string {
  return createHash('sha256').update(salt).update(content, 'utf8').digest('hex');
}

export function createSealer(db: Database, master: Buffer, runtime: Runtime): Sealer {
  const ids = new LRUCache<string, string>({ max: 10_000 });
  const keys = new LRUCache<string, Buffer>({ max: 10_000 });

  const encrypt = (key: Buffer, aad: string, plain: Buffer): Buffer => {
    const nonce = runtime.randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  const decrypt = (key: Buffer, aad: string, box: Buffer): Buffer => {
    const cipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceBytes)).setAAD(Buffer.from(aad));
    cipher.setAuthTag(box.subarray(-tagBytes));
    return Buffer.concat([cipher.update(box.subarray(nonceBytes, -tagBytes)), cipher.final()]);
  };

  const keyOf = async (runId: string): Promise<Buffer | null> => {
    const cached = keys.get(runId);
    if (cached !== undefined) return cached;
    const wrapped = await findRunKey(db, runId);
    if (wrapped === null) return null;
    const key = decrypt(master, `run ${runId}`, wrapped);
    keys.set(runId, key);
    return key;
  };

  return {
    runId: async (run) => {
      const name = JSON.stringify([run.principal, run.onBehalfOf, run.run]);
      const cached = ids.get(name);
      if (cached !== undefined) return cached;
      const id = `run_${runtime.randomBytes(16).toString('hex')}`;
      const found = await findOrMakeRun(db, run, {
        id,
        wrappedKey: encrypt(master, `run ${id}`, runtime.randomBytes(32)),
      });
      ids.set(name, found.id);
      return found.id;
    },
    seal: async (runId, event, name, content, keepMs = null) => {
      const key = await keyOf(runId);
      if (key === null) throw new CountersignError('not_found', { what: 'the key of this run was erased' });
      const salt = runtime.randomBytes(saltBytes);
      const box = encrypt(key, `${event} ${name}`, Buffer.concat([salt, Buffer.from(content, 'utf8')]));
      return { name, commitment: commitmentTo(salt, content), box, keepMs };
    },
    lock: async (runId, what, plain) => {
      const key = await keyOf(runId);
      if (key === null) throw new CountersignError('not_found', { what: 'the key of this run was erased' });
      return encrypt(key, what, Buffer.from(plain, 'utf8'));
    },
    unlock: async (runId, what, box) => {
      const key = await keyOf(runId);
      return key === null ? null : decrypt(key, what, box).toString('utf8');
    },
    open: async (event, name) => {
      const found = await findContent(db, event, name);
      const key = found === null ? null : await keyOf(found.runId);
      if (found === null || key === null) return null;
      const plain = decrypt(key, `${event} ${name}`, found.box);
      return { salt: plain.subarray(0, saltBytes), content: plain.subarray(saltBytes).toString('utf8') };
    },
    forget: () => {
      ids.clear();
      keys.clear();
    },
  };
}
