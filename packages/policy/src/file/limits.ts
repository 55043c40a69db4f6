/** `limits:` of the whole file, and those of one connection, which stand in for some of them. */
import type { Limits } from '../policy.ts';
import { described, object, type Read, reader, wholeNumber } from './read.ts';
import { day, duration, hour, second, size } from './units.ts';

export const defaultLimits: Limits = Object.freeze({
  rows: 1000,
  bytes: 1024 * 1024,
  timeoutMs: 30 * second,
  rejectionMemoryMs: hour,
  waitingPerPrincipal: 20,
  waitingPerGroup: 200,
  asksPerHour: 60,
});

const perCall = {
  rows: wholeNumber('rows', 1, 1_000_000),
  bytes: size(1024 ** 3, '1GB'),
  timeout: duration(hour, '1h'),
};
const rows = 'Rows that a result may have before it is cut.';
const bytes = 'Bytes of text that a result’s cells may have before it is cut; 1KB is 1024 bytes.';
const timeout = 'How long one call may run at the target.';
const readAll = object('limits', {
  rows: described(perCall.rows, rows, defaultLimits.rows),
  bytes: described(perCall.bytes, bytes, '1MB'),
  timeout: described(perCall.timeout, timeout, '30s'),
  rejection_memory: described(
    duration(30 * day, '30d'),
    'How long the same call is rejected without asking anyone after a person rejected it.',
    '1h',
  ),
  waiting_per_principal: described(
    wholeNumber('waiting_per_principal', 1, 100_000),
    'Calls of one agent or service that may wait for people at once; one more is denied.',
    defaultLimits.waitingPerPrincipal,
  ),
  waiting_per_group: described(
    wholeNumber('waiting_per_group', 1, 100_000),
    'Calls that may wait for one group of approvers at once; one more is denied.',
    defaultLimits.waitingPerGroup,
  ),
  asks_per_hour: described(
    wholeNumber('asks_per_hour', 1, 100_000),
    'How often one agent or service may ask people within an hour; one more is denied.',
    defaultLimits.asksPerHour,
  ),
});
const asTheFile = 'Left out: as under `limits` of the file.';
const readPerCall = object('the limits of a connection', {
  rows: described(perCall.rows, `${rows} ${asTheFile}`),
  bytes: described(perCall.bytes, `${bytes} ${asTheFile}`),
  timeout: described(perCall.timeout, `${timeout} ${asTheFile}`),
});

export const readLimits: Read<Limits> = reader(readAll.schema, (tree, report) => {
  const read = readAll(tree, report);
  return (
    read && {
      rows: read.rows ?? defaultLimits.rows,
      bytes: read.bytes ?? defaultLimits.bytes,
      timeoutMs: read.timeout ?? defaultLimits.timeoutMs,
      rejectionMemoryMs: read.rejection_memory ?? defaultLimits.rejectionMemoryMs,
      waitingPerPrincipal: read.waiting_per_principal ?? defaultLimits.waitingPerPrincipal,
      waitingPerGroup: read.waiting_per_group ?? defaultLimits.waitingPerGroup,
      asksPerHour: read.asks_per_hour ?? defaultLimits.asksPerHour,
    }
  );
});

/** @param base The limits of the file, for what the connection does not say. */
export function connectionLimits(base: Limits): Read<Limits> {
  return reader(readPerCall.schema, (tree, report) => {
    const read = readPerCall(tree, report);
    return (
      read && {
        ...base,
        rows: read.rows ?? base.rows,
        bytes: read.bytes ?? base.bytes,
        timeoutMs: read.timeout ?? base.timeoutMs,
      }
    );
  });
}
