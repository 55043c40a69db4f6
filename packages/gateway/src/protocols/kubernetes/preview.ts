/** What the approver sees of a kubectl call: the line, the manifests, and the objects that it is about. */
import { visibleText } from '@countersign/core';
import type { Analysis, Preview } from '../protocol.ts';
import { reliedOn } from './effects.ts';
import type { KubectlCall } from './input.ts';
import { findProgram } from './program.ts';
import type { Reach } from './reach.ts';
import { effectInWords, visibleLine } from './words.ts';

/** @throws {CountersignError} `not_supported` where kubectl could not run at all: nobody is asked for that. */
export async function preview(
  { settings }: Reach,
  { argv, stdin }: KubectlCall,
  analysis: Analysis,
): Promise<Preview> {
  const { user } = findProgram(settings.unconfined);
  return {
    input: [
      { label: 'line', text: visibleLine(argv) },
      ...(stdin === null ? [] : [{ label: 'stdin', text: visibleText(stdin) }]),
    ],
    words: analysis.effects.map(effectInWords),
    impact: { count: null, unit: 'objects', how: 'none', why: 'not looked at' },
    notes: [
      `Where it names no namespace, ${reliedOn(analysis).namespace} is meant.`,
      ...(user === null
        ? ['kubectl runs as the gateway’s own user: the connection says "unconfined: true".']
        : []),
    ],
  };
}
