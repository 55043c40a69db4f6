/** Parked runs, as the gateway keeps them: whose they are, who has taken them, and what is never written in clear. */
import type { Client } from '@countersign/client';
import { maxParkedBytes, newId, type ParkRequest } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Harness, refusal, startHarness, stores, submit, vote } from './harness.ts';

describe.each(stores)('with calls kept in %s', (on) => {
  let harness: Harness;
  let agent: Client;
  beforeAll(async () => {
    harness = await startHarness({ on });
    agent = await harness.agent('parker');
  });
  afterAll(() => harness.close());

  let runs = 0;
  const request = (more: Partial<ParkRequest> = {}): ParkRequest => ({
    id: newId('park'),
    run: `parked-${++runs}`,
    schema_version: '1.22',
    fingerprint: 'f'.repeat(64),
    state: Buffer.from(`state of run ${runs}`).toString('base64'),
    ...more,
  });
  const lease = () => newId('lease');

  /** As if so long had passed since it was taken. */
  const passMinutes = (id: string, minutes: number) =>
    sql`update parked_runs set leased_until = leased_until - ${minutes}::float8 * interval '1 minute' where id = ${id}`.execute(
      harness.gateway.engine.store.db,
    );

  async function eventsOf(id: string): Promise<readonly string[]> {
    const lines = await harness.operator.events({ limit: 10_000 });
    return lines.flatMap((line) => {
      if (!('event' in line)) return [];
      const { type, data } = JSON.parse(line.event) as { type: string; data: { parked?: string } };
      return data.parked === id ? [type] : [];
    });
  }

  test('a run is parked, taken, parked again, taken and finished; each is an event', async () => {
    const first = request();
    const parked = await agent.parkRun(first);
    expect(parked).toMatchObject({ id: first.id, run: first.run, waiting: 0, leased_until: null });
    const one = lease();
    const taken = await agent.unparkRun(first.id, { lease: one });
    expect(taken.state).toBe(first.state);
    expect(Date.parse(taken.view.leased_until ?? '') - Date.now()).toBeGreaterThan(14 * 60_000);
    await agent.renewRun(first.id, { lease: one });
    const next = { ...first, state: Buffer.from('later').toString('base64') };
    expect(await agent.parkRun({ ...next, lease: one })).toMatchObject({ leased_until: null });
    const two = lease();
    expect((await agent.unparkRun(first.id, { lease: two })).state).toBe(next.state);
    await agent.finishRun(first.id, { lease: two });
    expect(await refusal(agent.unparkRun(first.id, { lease: lease() }))).toBe('not_found');
    expect(await eventsOf(first.id)).toEqual([
      'run.parked',
      'run.unparked',
      'run.renewed',
      'run.parked',
      'run.unparked',
      'run.finished',
    ]);
  });

  test('the record is narrowed by call, run, time and number', async () => {
    const teller = await harness.agent('teller');
    const parked = request();
    const call = await submit(teller, 'update accounts set balance = 1 where id = 1', { run: parked.run });
    await teller.parkRun(parked);
    const all = (await harness.operator.events({ limit: 10_000 })).slice(0, -1);
    const last = { head: { size: all.length } };
    const [stamp] = all.slice(-2).flatMap((line) => ('event' in line ? [line.event] : []));
    const since = (JSON.parse(stamp ?? '') as { at: string }).at;
    const atOrLater = all.filter(
      (line) => 'event' in line && (JSON.parse(line.event) as { at: string }).at >= since,
    );
    const ofCall = all.filter((line) => 'event' in line && line.event.includes(`"call":"${call.id}"`));
    const run = (await harness.operator.findRuns({ text: parked.run })).runs[0]?.id;
    const park = all.at(-1);

    expect(ofCall.length).toBeGreaterThan(1);
    expect(await harness.operator.events({ call: call.id })).toMatchObject([...ofCall, last]);
    expect(await harness.operator.events({ run: parked.run })).toMatchObject([...ofCall, park, last]);
    expect(await harness.operator.events({ run })).toMatchObject([...ofCall, park, last]);
    expect(await harness.operator.events({ run: parked.run, last: 2 })).toMatchObject([
      ofCall.at(-1),
      park,
      last,
    ]);
    expect(await harness.operator.events({ run: parked.run, limit: 1 })).toEqual(ofCall.slice(0, 1));
    expect(await harness.operator.events({ last: 3 })).toMatchObject([...all.slice(-3), last]);
    expect(await harness.operator.events({ since })).toMatchObject([...atOrLater, last]);
    const later = '2126-01-01T00:00:00+02:00';
    expect(await harness.operator.events({ since: later })).toMatchObject([last]);
    // Years of five digits, and before the first, once they are in UTC.
    expect(await harness.operator.events({ since: '9999-12-31T23:59:59-14:00' })).toMatchObject([last]);
    const ever = await harness.operator.events({ since: '0000-01-01T00:00:00+14:00', limit: 10_000 });
    expect(ever).toHaveLength(all.length + 1);
    // What the store can't hold is no fault of the store's.
    expect(await refusal(harness.operator.events({ run: 'a\0b' }))).toBe('malformed');
    expect(await refusal(harness.operator.findRuns({ text: 'a\0b' }))).toBe('malformed');
    expect(await harness.operator.events({ after: 9_007_199_254_740_991, since })).toMatchObject([last]);
    expect(await harness.operator.events({ after: all.length - 2, last: 5 })).toMatchObject([park, last]);
    expect(await refusal(harness.operator.events({ since: 'yesterday' }))).toBe('malformed');
  });

  test('the list tells how many of a run’s calls are not decided yet, the oldest run first', async () => {
    const lister = await harness.agent('lister');
    const [older, newer] = [request(), request()];
    const call = await submit(lister, 'update accounts set balance = 1 where id = 1', { run: older.run });
    await lister.parkRun(older);
    await lister.parkRun(newer);
    const listed = async () => (await lister.listParkedRuns()).runs.map(({ id, waiting }) => [id, waiting]);
    expect(await listed()).toEqual([
      [older.id, 1],
      [newer.id, 0],
    ]);
    await vote(await harness.person('dana'), call);
    expect(await listed()).toEqual([
      [older.id, 0],
      [newer.id, 0],
    ]);
  });

  describe('the lease', () => {
    test('never 18: of ten takers at once one gets the run, the others run_taken', async () => {
      const { id } = await agent.parkRun(request());
      const codes = await Promise.all(
        Array.from({ length: 10 }, () => refusal(agent.unparkRun(id, { lease: lease() }))),
      );
      expect(codes.filter((code) => code === 'none')).toHaveLength(1);
      expect(codes.filter((code) => code === 'run_taken')).toHaveLength(9);
    });

    test('lapses after fifteen minutes; then another may take the run, and the first holder’s word counts no more', async () => {
      const parked = request();
      const { id } = await agent.parkRun(parked);
      const [first, second] = [lease(), lease()];
      await agent.unparkRun(id, { lease: first });
      await passMinutes(id, 14);
      expect(await refusal(agent.unparkRun(id, { lease: second }))).toBe('run_taken');
      await passMinutes(id, 1);
      expect(await refusal(agent.unparkRun(id, { lease: second }))).toBe('none');
      expect(await refusal(agent.renewRun(id, { lease: first }))).toBe('lease_lost');
      expect(await refusal(agent.releaseRun(id, { lease: first }))).toBe('lease_lost');
      expect(await refusal(agent.parkRun({ ...parked, lease: first }))).toBe('lease_lost');
      expect(await refusal(agent.finishRun(id, { lease: first }))).toBe('run_taken');
      expect(await refusal(agent.finishRun(id, {}))).toBe('run_taken');
      expect(await refusal(agent.finishRun(id, { lease: second }))).toBe('none');
    });

    test('is renewed, also late where nobody took the run meanwhile', async () => {
      const { id } = await agent.parkRun(request());
      const mine = lease();
      await agent.unparkRun(id, { lease: mine });
      await passMinutes(id, 20);
      expect(await refusal(agent.renewRun(id, { lease: mine }))).toBe('none');
      expect(await refusal(agent.unparkRun(id, { lease: lease() }))).toBe('run_taken');
    });

    test('is given back, and the run is as it was', async () => {
      const parked = request();
      await agent.parkRun(parked);
      const mine = lease();
      await agent.unparkRun(parked.id, { lease: mine });
      expect(await agent.releaseRun(parked.id, { lease: mine })).toMatchObject({ leased_until: null });
      expect((await agent.unparkRun(parked.id, { lease: lease() })).state).toBe(parked.state);
    });
  });

  test('an answer that got lost is asked for again: nothing happens twice', async () => {
    const parked = request();
    expect(await agent.parkRun(parked)).toEqual(await agent.parkRun(parked));
    const mine = lease();
    expect(await agent.unparkRun(parked.id, { lease: mine })).toEqual(
      await agent.unparkRun(parked.id, { lease: mine }),
    );
    const again = { ...parked, state: Buffer.from('again').toString('base64'), lease: mine };
    expect(await agent.parkRun(again)).toEqual(await agent.parkRun(again));
    expect(await eventsOf(parked.id)).toEqual(['run.parked', 'run.unparked', 'run.parked']);
  });

  test('never 25: another principal, and the same one for another person, see none of it', async () => {
    const parked = request();
    await agent.parkRun(parked);
    const others = [
      await harness.agent('stranger'),
      await harness.agent('parker', { on_behalf_of: 'kim' }),
      (await harness.mint({ class: 'service', name: 'parker', owner: 'olivia' })).client,
    ];
    const { id } = parked;
    for (const other of others) {
      expect((await other.listParkedRuns()).runs).toEqual([]);
      expect(await refusal(other.unparkRun(id, { lease: lease() }))).toBe('not_found');
      expect(await refusal(other.renewRun(id, { lease: lease() }))).toBe('not_found');
      expect(await refusal(other.releaseRun(id, { lease: lease() }))).toBe('not_found');
      expect(await refusal(other.finishRun(id, {}))).toBe('not_found');
      expect(await refusal(other.parkRun(parked))).toBe('not_found');
    }
    expect((await agent.unparkRun(id, { lease: lease() })).state).toBe(parked.state);
  });

  test('who a token’s holder is', async () => {
    const acting = await harness.agent('parker', { on_behalf_of: 'kim' });
    expect(await agent.getPrincipal()).toEqual({ id: 'agent:parker', on_behalf_of: null });
    expect(await acting.getPrincipal()).toEqual({ id: 'agent:parker', on_behalf_of: 'kim' });
  });

  describe('never 27: what is kept is bounded:', () => {
    test('a state of 4 MiB is kept, a larger one is not', async () => {
      const state = Buffer.alloc(maxParkedBytes, 7).toString('base64');
      const parked = request({ state });
      await agent.parkRun(parked);
      expect((await agent.unparkRun(parked.id, { lease: lease() })).state).toBe(state);
      await agent.finishRun(parked.id, {}).catch(() => undefined);
      for (const bytes of [maxParkedBytes + 1, maxParkedBytes + 100, 2 * maxParkedBytes])
        expect(
          await refusal(agent.parkRun(request({ state: Buffer.alloc(bytes, 7).toString('base64') }))),
        ).toMatch(/^(too_large|malformed)$/);
    });

    test.each(['', 'no base64!', 'YWJj\n', 'YWJ', 'YWJj====', 'YWL='])(
      'the state %j is no state',
      async (state) => {
        expect(await refusal(agent.parkRun(request({ state })))).toBe('malformed');
      },
    );

    test('a principal parks at most 500 runs', async () => {
      const many = await harness.agent('hoarder');
      const one = request();
      await many.parkRun(one);
      await sql`
      insert into parked_runs (id, principal, run, run_id, schema_version, fingerprint, state, state_digest)
      select 'park_' || lpad(n::text, 22, '0'), principal, run, run_id, schema_version, fingerprint, state, state_digest
      from parked_runs, generate_series(1, 499) n where id = ${one.id}`.execute(
        harness.gateway.engine.store.db,
      );
      expect(await refusal(many.parkRun(request()))).toBe('too_many_parked');
      // Also where it acts for someone else.
      const acting = await harness.agent('hoarder', { on_behalf_of: 'kim' });
      expect(await refusal(acting.parkRun(request()))).toBe('too_many_parked');
      await many.finishRun(one.id, {});
      expect(await refusal(many.parkRun(request()))).toBe('none');
    });
  });
});
