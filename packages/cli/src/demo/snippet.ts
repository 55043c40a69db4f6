/** The lines that guard a tool. README.md has the same ones, and a test holds both to it. */
export const snippet: readonly string[] = [
  "import { Agent, run } from '@openai/agents';",
  "import { gatewayClient, guardedTool, resumeWhenDecided } from '@countersign/agents';",
  '',
  'const gateway = gatewayClient(); // COUNTERSIGN_URL and COUNTERSIGN_TOKEN',
  "const agent = new Agent({ name: 'Support', tools: [guardedTool({ gateway, sql: 'shop-db' })] });",
  '',
  "let result = await run(agent, 'Refund order 1042');",
  'result = await resumeWhenDecided(agent, result, { gateway }); // people vote meanwhile',
];
