import { verifyLedger } from '@countersign/gateway';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, type Harness, startHarness, stores, submit } from '../gateway/harness.ts';

describe.each(stores)('on the %s store:', (on) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ on });
  });
  afterAll(() => harness.close());

  test('never 49: what was said can not lose its beginning to the salt it was committed with', async () => {
    const agent = await harness.agent();
    await execute(agent, await submit(agent, "insert into notes (body) values ('not approved')"));
    const lines = await harness.operator.events({ after: -1, limit: 10_000 });
    const publicKey = harness.gateway.engine.keys.publicKeyPem;
    const changed = lines.map((line) => {
      const text = JSON.stringify(line);
      const { disclosed } = JSON.parse(text) as {
        disclosed?: Record<string, { salt: string; content: string }>;
      };
      const said = disclosed?.['record'];
      if (said === undefined) return text;
      const moved = {
        salt: said.salt + Buffer.from(said.content.slice(0, 9)).toString('hex'),
        content: said.content.slice(9),
      };
      return JSON.stringify({ ...(JSON.parse(text) as object), disclosed: { ...disclosed, record: moved } });
    });
    expect(
      await verifyLedger(
        lines.map((line) => JSON.stringify(line)),
        { publicKey },
      ),
    ).toMatchObject({
      verdict: 'consistent',
    });
    expect(await verifyLedger(changed, { publicKey })).toMatchObject({ verdict: 'inconsistent' });
  });
});
