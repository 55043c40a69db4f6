/** Parked states that do not fit: each a clear error, and the run stays for whoever it fits. */
import { randomBytes } from 'node:crypto';
import { type GatewayClient, gatewayClient, guardedTool } from '@countersign/agents';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Bank, openBank } from './parking.ts';
import { agentOf, runner } from './teller.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
});
afterAll(() => bank.close());

describe('a state that does not fit is an error, and the run can be taken by who it fits:', () => {
  const turns = [['update accounts set balance = 0 where id = 50']];
  const takeable = async (id: string) => {
    expect(await bank.parkedRun(id)).toMatchObject({ leased_until: null });
    await bank.gateway.finish(id);
  };

  test('under another state key', async () => {
    const { id } = await bank.park(turns);
    const other = gatewayClient({ url: bank.harness.url, token: bank.token, stateKey: randomBytes(32) });
    guardedTool({ gateway: other, sql: 'bank' });
    await expect(other.unpark(id)).rejects.toMatchObject({
      code: 'state_unreadable',
      message: expect.stringMatching('expected the state key it was parked with'),
    });
    await takeable(id);
  });

  test.each([
    ['its bytes', sql`state = set_byte(state, 40, get_byte(state, 40) # 1)`],
    ['its end', sql`state = substring(state for length(state) - 1)`],
    ['its schema version', sql`schema_version = '1.21'`],
    ['its fingerprint', sql`fingerprint = ${'0'.repeat(64)}`],
    ['its run', sql`run = 'another-run'`],
  ])('edited on the way: %s', async (_what, change) => {
    const { id } = await bank.park(turns);
    await sql`update parked_runs set ${change} where id = ${id}`.execute(bank.store);
    await expect(bank.gateway.unpark(id)).rejects.toMatchObject({ code: 'state_unreadable' });
    await takeable(id);
  });

  test('moved to another principal', async () => {
    const { id } = await bank.park(turns);
    const minted = await bank.harness.mint({
      class: 'agent',
      name: 'other',
      owner: 'olivia',
      groups: ['agents'],
    });
    const other = gatewayClient({ url: bank.harness.url, token: minted.token, stateKey: bank.stateKey });
    guardedTool({ gateway: other, sql: 'bank' });
    await expect(other.unpark(id)).rejects.toMatchObject({ code: 'not_found' });
    await sql`update parked_runs set principal = 'agent:other' where id = ${id}`.execute(bank.store);
    await expect(other.unpark(id)).rejects.toMatchObject({ code: 'state_unreadable' });
    await other.finish(id);
  });

  test('for another person', async () => {
    const { id } = await bank.park(turns);
    const kims = await bank.harness.mint({
      class: 'agent',
      name: 'teller',
      owner: 'olivia',
      groups: ['agents'],
      on_behalf_of: 'kim',
    });
    const other = gatewayClient({ url: bank.harness.url, token: kims.token, stateKey: bank.stateKey });
    await expect(other.unpark(id)).rejects.toMatchObject({ code: 'not_found' });
    await takeable(id);
  });

  test.each([
    ['is not guarded any more', () => [], /this process has made no guarded tool bank_query for bank/],
    [
      'has another name',
      (as: GatewayClient) => [guardedTool({ gateway: as, sql: 'bank', name: 'sql' })],
      /no guarded tool bank_query/,
    ],
    [
      'reaches another connection',
      (as: GatewayClient) => [guardedTool({ gateway: as, sql: 'vault', name: 'bank_query' })],
      /the guarded tool bank_query is another one here/,
    ],
  ])('where its tool %s', async (_what, tools, why) => {
    const { id } = await bank.park(turns);
    const other = gatewayClient({ url: bank.harness.url, token: bank.token, stateKey: bank.stateKey });
    tools(other);
    const refused = other.unpark(id);
    await expect(refused).rejects.toMatchObject({
      code: 'state_outdated',
      message: expect.stringMatching(why),
    });
    await expect(refused).rejects.toThrow(
      /resume it where it fits .*, reject what it waits for, or drop it with finish\(id\)/,
    );
    await takeable(id);
  });

  test('of an SDK that writes what the one here does not read', async () => {
    const agent = agentOf(bank.gateway, turns);
    const { state, interruptions } = await runner.run(agent, 'go', { context: {} });
    const older = state.toString().replace('"$schemaVersion":"1.22"', '"$schemaVersion":"1.19"');
    const written = {
      _context: state._context,
      getInterruptions: () => interruptions,
      approve: () => {},
      reject: () => {},
      toString: () => older,
    };
    const id = await bank.gateway.park({ state: written, interruptions });
    expect(await bank.parkedRun(id)).toMatchObject({ schema_version: '1.19' });
    await expect(bank.gateway.unpark(id)).rejects.toMatchObject({
      code: 'state_outdated',
      message: expect.stringMatching(/state schema 1\.19; here it is 1\.22.*drop it with finish\(id\)/),
    });
    await takeable(id);
  });
});
