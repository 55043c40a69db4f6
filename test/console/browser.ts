/**
 * A Chromium for tests: the machine's own where it has one (`COUNTERSIGN_TEST_CHROMIUM`, or Debian's), else the one that
 * a package of the registry carries, for Linux on x64. Only loopback is reached.
 */
import { existsSync } from 'node:fs';
import packaged from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

const places = [process.env['COUNTERSIGN_TEST_CHROMIUM'] ?? '', '/usr/bin/chromium'];

async function pathOfChromium(): Promise<string | null> {
  const own = places.find((path) => path !== '' && existsSync(path));
  if (own !== undefined) return own;
  return process.platform === 'linux' && process.arch === 'x64' ? packaged.executablePath() : null;
}

/** @returns null where this machine has none. */
export async function openBrowser(): Promise<Browser | null> {
  const executablePath = await pathOfChromium();
  if (executablePath === null) return null;
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--font-render-hinting=none',
    ],
  });
}
