import { type LedgerLine, ledgerLineSchema } from '@countersign/core';
import { parseAnswer } from './answer.ts';

/** @throws {CountersignError} `internal` for a line that is no ledger line: a record is not read in part. */
export function ledgerLines(body: string): readonly LedgerLine[] {
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseAnswer(ledgerLineSchema, line));
}
