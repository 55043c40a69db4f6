/**
 * A guarded read under one rule and under a thousand.
 *
 *   npx pnpm exec node --conditions=@countersign/source test/load/many-rules.ts memory|postgres [rules]
 */
import { execute, startHarness, submit } from '../gateway/harness.ts';
import { inTurns, print, storeFromArguments, warmUp } from './measure.ts';

const on = storeFromArguments();
const many = Number(process.argv[3] ?? 1000);

/** Rules of all kinds; one of them allows the read. */
const ruleOf = (n: number): string => {
  const name = `rule ${n}`;
  switch (n % 4) {
    case 0:
      return `  - { name: ${name}, actions: [read], resources: ["table:team_${n}.*"], then: allow }`;
    case 1:
      return `  - { name: ${name}, who: { groups: [team-${n}] }, actions: [write], then: { ask: { approvers: [dba] } } }`;
    case 2:
      return `  - { name: ${name}, connections: { labels: { env: stage-${n} } }, then: deny }`;
    default:
      return `  - { name: ${name}, actions: [write.delete], resources: ["table:public.t${n}"], then: deny }`;
  }
};
const policy = (rules: number) => `
version: 1
people:
  dana: { groups: [dba], accounts: ["local:dana"] }
  olivia: { groups: [], accounts: ["local:olivia"] }
connections:
  bank: { protocol: postgres, url: "\${BANK_URL}", labels: { env: production } }
rules:
  - { name: reads, actions: [read], then: allow }
${Array.from({ length: rules - 1 }, (_, n) => ruleOf(n)).join('\n')}
`;

const start = async (rules: number) => {
  const harness = await startHarness({ on, policy: policy(rules) });
  const agent = await harness.agent();
  const read = async () => {
    const done = await execute(
      agent,
      await submit(agent, 'select id from accounts where id = 7', { run: 'load' }),
    );
    if (done.outcome !== 'succeeded') throw new Error(done.call.reason);
  };
  return { harness, read };
};

const [few, lots] = [await start(1), await start(many)];
try {
  await warmUp(200, few.read);
  await warmUp(200, lots.read);
  const { one, other } = await inTurns(9, 1, { one: few.read, other: lots.read });
  print(
    `${on}: a read under ${many} rules takes ${(other.medianMs / one.medianMs).toFixed(2)} times as long as under one ` +
      `(${one.medianMs.toFixed(2)} ms, ${other.medianMs.toFixed(2)} ms)`,
  );
} finally {
  await few.harness.close();
  await lots.harness.close();
}
