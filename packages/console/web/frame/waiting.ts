/** What waits for people, for the inbox and for the count beside its name. Read once for both. */
import type { ApprovalList } from '@countersign/core';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Resource, useResource } from '../resource.ts';

export const WaitingContext = createContext<Resource<ApprovalList> | null>(null);

/** What waits, followed as it changes. */
export function useWaiting(): Resource<ApprovalList> {
  const shared = useContext(WaitingContext);
  const own = useResource<ApprovalList>(shared === null ? '/v1/approvals?limit=50' : null, {
    live: shared === null,
  });
  return shared ?? own;
}
