/** `limits:` of the whole file, and those of one connection, which stand in for some of them. */
import type { Limits } from '../policy.ts';
import { object, type Read, wholeNumber } from './read.ts';
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
const readAll = object('limits', {
  ...perCall,
  rejection_memory: duration(30 * day, '30d'),
  waiting_per_principal: wholeNumber('waiting_per_principal', 1, 100_000),
  waiting_per_group: wholeNumber('waiting_per_group', 1, 100_000),
  asks_per_hour: wholeNumber('asks_per_hour', 1, 100_000),
});
const readPerCall = object('the limits of a connection', perCall);

export const readLimits: Read<Limits> = (tree, report) => {
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
};

/** @param base The limits of the file, for what the connection does not say. */
export function connectionLimits(base: Limits): Read<Limits> {
  return (tree, report) => {
    const read = readPerCall(tree, report);
    return (
      read && {
        ...base,
        rows: read.rows ?? base.rows,
        bytes: read.bytes ?? base.bytes,
        timeoutMs: read.timeout ?? base.timeoutMs,
      }
    );
  };
}
