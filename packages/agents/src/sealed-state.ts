/**
 * A parked run's state, sealed: AES-256-GCM under the application's own key. The encryption binds whose the run is, its
 * header, and the tools it relies on, so that a box that is opened is the one that was parked, where it was parked.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import {
  CountersignError,
  canonicalJson,
  maxParkedBytes,
  type ParkedHeader,
  type PrincipalView,
} from '@countersign/core';
import type { ReliedTool } from './relied-tools.ts';

/** The first byte of a box: how the rest is to be read. */
const form = 1;
const nonceBytes = 12;
const tagBytes = 16;

export interface Opened {
  readonly state: string;
  readonly tools: readonly ReliedTool[];
}

/** @returns base64. @throws {CountersignError} `too_large`. */
export function sealState(
  key: KeyObject,
  principal: PrincipalView,
  header: ParkedHeader,
  { state, tools }: Opened,
): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(principal, header));
  // The tools' line holds no line feed of its own.
  const text = cipher.update(`${JSON.stringify(tools)}\n${state}`, 'utf8');
  const box = Buffer.concat([Buffer.of(form), nonce, text, cipher.final(), cipher.getAuthTag()]);
  if (box.byteLength > maxParkedBytes)
    throw new CountersignError('too_large', {
      what: `the run’s state has ${box.byteLength} bytes`,
      expected: `at most ${maxParkedBytes}`,
    });
  return box.toString('base64');
}

/** @throws {CountersignError} `state_unreadable` for another key, another header or holder, a changed box. */
export function openState(
  key: KeyObject,
  principal: PrincipalView,
  header: ParkedHeader,
  sealed: string,
): Opened {
  try {
    const box = Buffer.from(sealed, 'base64');
    if (box[0] !== form || box.byteLength < 1 + nonceBytes + tagBytes) throw new RangeError('no box');
    const text = 1 + nonceBytes;
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(1, text), { authTagLength: tagBytes })
      .setAAD(bound(principal, header))
      .setAuthTag(box.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(box.subarray(text, -tagBytes)), decipher.final()]);
    const end = plain.indexOf('\n');
    return {
      tools: JSON.parse(plain.toString('utf8', 0, end)) as readonly ReliedTool[],
      state: plain.toString('utf8', end + 1),
    };
  } catch (cause) {
    throw new CountersignError(
      'state_unreadable',
      { expected: 'the state key it was parked with, in a process of the same principal' },
      { cause },
    );
  }
}

function bound({ id: principal, on_behalf_of }: PrincipalView, header: ParkedHeader): Buffer {
  const { id, run, schema_version, fingerprint } = header;
  const parts = { principal, on_behalf_of, id, run, schema_version, fingerprint };
  return Buffer.from(`countersign.parked.v1\n${canonicalJson(parts)}`);
}
