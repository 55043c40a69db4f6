/** The names of what can change, which a stream of server-sent events has to be asked for one by one. */
import type { ChangeType } from '@countersign/core';

const names: Readonly<Record<ChangeType, true>> = {
  asked: true,
  voted: true,
  commented: true,
  reminded: true,
  decided: true,
  expired: true,
  cancelled: true,
  finished: true,
  stopped: true,
  lifted: true,
};

/** And `ready`, which says where a stream begins: after a while without it, something may have been missed. */
export const changeTypes: readonly string[] = ['ready', ...Object.keys(names)];
