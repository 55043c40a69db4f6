/** Takes away all that somebody was let in by. At other gateways of the store it acts within a second. */
import type { Principal } from '@countersign/core';
import type { Ledger } from '../ledger/ledger.ts';
import { revokeAccounts } from '../store/revoke-accounts.ts';
import type { Database } from '../store/store.ts';

/** @returns how many sessions and tokens were taken away. */
export type Revoke = (
  accounts: readonly string[],
  by: Pick<Principal, 'id'>,
) => Promise<{ readonly sessions: number; readonly tokens: number }>;

/** @param forgetting Those who remember for a moment who was let in. */
export function createRevoke(
  db: Database,
  ledger: Ledger,
  forgetting: readonly { forget(): void }[],
): Revoke {
  return async (accounts, by) => {
    const event = await ledger.event({
      type: 'access.revoked',
      actor: by.id,
      data: { accounts: [...accounts] },
    });
    const taken = await revokeAccounts(db, accounts, event);
    for (const one of forgetting) one.forget();
    ledger.wake();
    return taken;
  };
}
