/** The pictures in README and docs come out of the tests: with COUNTERSIGN_WRITE_SCREENSHOTS=1 they are written anew. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** Pictures that documents show. */
const kept: ReadonlySet<string> = new Set(['card-desktop', 'card-phone', 'run-desktop']);

export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env['COUNTERSIGN_WRITE_SCREENSHOTS'] === undefined || !kept.has(name)) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}
