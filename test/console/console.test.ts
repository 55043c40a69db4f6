/** The console in a real browser, before a real gateway: what people see, and what their vote does outside. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { consoleFiles } from '@countersign/console';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { until } from '../support/until.ts';
import { openBrowser } from './browser.ts';
import { screenshot } from './screenshot.ts';
import { openWorld, type Width, type World } from './world.ts';

const browser: Browser | null = await openBrowser();
// Without a browser these tests say so: they are skipped in the open.
const inBrowser = browser === null ? describe.skip : describe;
let world: World;

const refund = (order: number) => `UPDATE orders SET status = 'refunded' WHERE id = ${order}`;
const pricesOf = async (...ids: readonly number[]) =>
  (
    await world.observer.query<{ price: string }>(
      'select price from products where id = any($1) order by id',
      [ids],
    )
  ).rows.map(({ price }) => price);

/** Opens the card of a call from the inbox. */
async function open(page: Page, sql: string): Promise<void> {
  const { approval } = await approvalOf(page, sql);
  await page.click(`#${approval}`);
  await page.waitForSelector('.card');
}

async function approvalOf(page: Page, sql: string): Promise<{ readonly approval: string }> {
  const answer = await page.request.get(`${world.url}/v1/approvals?limit=500`);
  const { approvals } = (await answer.json()) as {
    approvals: { id: string; preview: { input: { text: string }[] } }[];
  };
  const found = approvals.find(({ preview }) => preview.input.some(({ text }) => text === sql));
  if (found === undefined) throw new Error(`${sql} does not wait`);
  await page.waitForSelector(`#${found.id}`);
  return { approval: found.id };
}

/** Signs in where the company's people do: leaves the console, says who one is, comes back. */
async function signIn(page: Page, account: string): Promise<void> {
  await page.goto(`${world.url}/console`);
  await page.getByText('Sign in', { exact: true }).click();
  await page.fill('input[name=login]', account);
  await page.fill('input[name=password]', 'x');
  await page.click('button[type=submit]');
  await page.click('button[type=submit]');
  await page.waitForSelector('nav');
}

const vote = async (page: Page, way: 'approve' | 'reject', reason?: string) => {
  await page.click(`.vote button.${way}`);
  // The page puts the focus where it is wanted, once; only then may it be moved.
  await page.waitForSelector('.vote form :focus');
  if (reason !== undefined) await page.fill('.vote textarea', reason);
  // By key: pressed at once, it would be taken for a slip.
  await page.press(`.vote form button.${way}`, 'Enter');
};

inBrowser('the console', () => {
  beforeAll(async () => {
    world = await openWorld(browser as Browser);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await browser?.close();
  });

  describe.each<Width>(['desktop', 'phone'])('at the width of a %s', (width) => {
    test('signing in at the company’s provider leads to the vote, the vote to the agent’s result, and its reason to the record', async () => {
      const [teapot, mug] = width === 'desktop' ? [1, 2] : [3, 4];
      const raise = `UPDATE products\nSET price = price + 1 -- the new price list\nWHERE id IN (${teapot}, ${mug})`;
      const page = await world.opened('dana', width);
      await signIn(page, 'dana');
      const before = await pricesOf(teapot, mug);
      const running = world.agentRuns(raise);
      await page.waitForSelector('.item');
      // The count comes by a request of its own.
      await until(async () => (await page.title()) === '(1) Countersign');
      await screenshot(page, `inbox-${width}`);
      await page.click('.item');
      expect(await page.locator('.much').innerText()).toMatch(/^2 rows/);
      const [first] = before;
      expect(await page.locator('.sample tr.changed').first().innerText()).toContain(
        `${first} → ${Number(first) + 1}`,
      );
      await screenshot(page, `card-${width}`);
      await vote(page, 'approve', 'It is the new price list.');
      await page.getByText('You voted to approve.').waitFor();
      expect(JSON.parse(await running)).toMatchObject({ affected: 2 });
      expect(await pricesOf(teapot, mug)).toEqual(before.map((price) => (Number(price) + 1).toFixed(2)));
      await page.getByText('succeeded').first().waitFor();
      expect(await page.locator('.said').innerText()).toContain('It is the new price list.');
      await page.locator('.facts a').click();
      await page.locator('.timeline summary').first().click();
      await page.getByText('claimed, to be run once').waitFor();
      await screenshot(page, `run-${width}`);
      await page.context().close();
    });

    test('nothing that a machine can find hinders anybody from using any page', async () => {
      const page = await world.signedIn('otto', width, width === 'phone' ? 'dark' : 'light');
      const dana = await world.signedIn('dana', width, width === 'phone' ? 'light' : 'dark');
      const call = await world.submit(refund(width === 'phone' ? 1040 : 1041), {
        run: `run-${width}`,
        purpose: 'It was broken.',
      });
      await dana.goto(`${world.url}/console/approvals/${call.approval}`);
      await dana.waitForSelector('.vote');
      expect(await violations(dana)).toEqual([]);
      await dana.click('.vote button.approve');
      expect(await violations(dana)).toEqual([]);
      for (const place of ['', '/runs', '/connections', '/policy', '/stop', '/nowhere']) {
        await page.goto(`${world.url}/console${place}`);
        await page.waitForSelector('h1');
        await page.waitForLoadState('networkidle').catch(() => undefined);
        expect({ place, violations: await violations(page) }).toEqual({ place, violations: [] });
        // Nothing sticks out at the side.
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
        await screenshot(page, `${place.slice(1) || 'empty-inbox'}-${width}`);
      }
      await page.goto(`${world.url}/console/runs`);
      await page.click('.runs a');
      await page.waitForSelector('.timeline summary');
      expect(await violations(page)).toEqual([]);
      await dana.click('.vote form .quiet');
      await page.evaluate("document.querySelector('main').append(document.createElement('img'))");
      expect(await violations(page)).toEqual([expect.stringMatching(/^image-alt: <img>/)]);
      await vote(dana, 'reject');
      await dana.getByText('You voted to reject.').waitFor();
      await page.context().close();
      await dana.context().close();
    });
  });

  test('a vote takes the keyboard alone, and never one key alone', async () => {
    const page = await world.signedIn('dana');
    await world.submit(refund(1039), { run: 'run-keys' });
    await page.waitForSelector('.item');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.card');
    await page.keyboard.press('r');
    await page.keyboard.type('Not without the customer.');
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await page.waitForSelector('form button.approve:focus');
    expect(await page.locator('.over .state').innerText()).toBe('waits for people');
    await page.keyboard.press('Enter');
    await page.getByText('You voted to approve.').waitFor();
    await page.keyboard.press('u');
    await page.getByText('Nothing waits for you').waitFor();
    await page.context().close();
  });

  test.each<Width>(['desktop', 'phone'])(
    'a slip of the hand does not vote: pressed twice, at the width of a %s',
    async (width) => {
      const page = await world.signedIn('dana', width);
      const call = await world.submit(refund(width === 'phone' ? 1030 : 1031));
      await page.goto(`${world.url}/console/approvals/${call.approval}`);
      const box = await page.locator('.vote button.approve').boundingBox();
      const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
      for (let times = 0; times < 2; times++)
        await (width === 'phone' ? page.touchscreen.tap(x, y) : page.mouse.click(x, y));
      expect(await page.locator('.vote form').count()).toBe(1);
      await page.waitForTimeout(800);
      await page.click('.vote form button.approve');
      await page.getByText('You voted to approve.').waitFor();
      await page.context().close();
    },
  );

  describe.each<Width>(['desktop', 'phone'])('while somebody looks, at the width of a %s', (width) => {
    // Each width has orders of its own: what was rejected once is not asked again for an hour.
    const apart = width === 'phone' ? 10 : 0;
    test('two who look at the same card see what the other did, and the later vote is refused in words', async () => {
      const [dana, sam] = await Promise.all([world.signedIn('dana', width), world.signedIn('sam', width)]);
      await world.submit(refund(1038 - apart), { run: `run-two-${width}` });
      await Promise.all([open(dana, refund(1038 - apart)), open(sam, refund(1038 - apart))]);
      await sam.click('.vote button.approve');
      await vote(dana, 'reject', 'He keeps the teapot.');
      await sam.getByText('It no longer waits: rejected.').waitFor();
      expect(await sam.locator('.said').innerText()).toContain('He keeps the teapot.');
      expect(await sam.locator('.vote button').count()).toBe(0);
      await dana.context().close();
      await sam.context().close();
    });

    test('what expires while somebody looks at it says so, and can no longer be voted on', async () => {
      const page = await world.signedIn('dana', width);
      const late = `DELETE FROM order_items WHERE order_id = ${1037 - apart}`;
      await world.submit(late, { run: `run-late-${width}` });
      await open(page, late);
      await page.getByText('It no longer waits: expired.').waitFor();
      expect(await page.locator('.vote button').count()).toBe(0);
      await page.context().close();
    });

    test('a stop while somebody looks is seen at once, and shown on its own page', async () => {
      const [dana, otto] = await Promise.all([world.signedIn('dana', width), world.signedIn('otto', width)]);
      await world.submit(refund(1036 - apart), { run: `run-stop-${width}` });
      await open(dana, refund(1036 - apart));
      await otto.goto(`${world.url}/console/stop`);
      await otto.fill('.stop-form input', 'A drill.');
      await otto.click('.stop-form button.reject');
      await otto.getByText('Yes, stop everything').click();
      await otto.getByText('Everything is stopped').waitFor();
      await dana.getByText('It no longer waits: cancelled.').waitFor();
      const denied = await world.submit(refund(1036 - apart), { run: `run-stop-2-${width}` });
      expect(denied).toMatchObject({ state: 'denied', code: 'stopped' });
      await otto.getByText('Lift', { exact: true }).click();
      await otto.getByText('Yes, let it go on').click();
      await otto.getByText('Nothing is stopped.').waitFor();
      await dana.context().close();
      await otto.context().close();
    });

    test('a gateway that restarts while somebody looks is waited for, and the vote then counts', async () => {
      const page = await world.signedIn('dana', width);
      await world.submit(refund(1035 - apart), { run: `run-restart-${width}` });
      await open(page, refund(1035 - apart));
      await world.without(async () => {
        await page.getByText('The gateway can’t be reached. Trying again').waitFor();
      });
      await vote(page, 'approve');
      await page.getByText('You voted to approve.').waitFor();
      // The browser's own word on the connection that broke is not the page's.
      const expected = /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to load resource/;
      expect(world.complaints.filter((said) => !expected.test(said))).toEqual([]);
      await page.context().close();
    });
  });

  test('a gateway that refuses for a moment is asked again', async () => {
    const page = await world.opened('dana');
    let refused = 0;
    await page.route('**/v1/approvals/events', (route) =>
      refused++ === 0 ? route.fulfill({ status: 503 }) : route.continue(),
    );
    await signIn(page, 'dana');
    const said = page.getByText('The gateway can’t be reached. Trying again');
    await said.waitFor();
    await said.waitFor({ state: 'detached' });
    expect(refused).toBe(2);
    await page.context().close();
  });

  test('nothing that an agent writes becomes more than text', async () => {
    const evil = '<img/src=x/onerror="alert(1)"><script>alert(2)</script>';
    const page = await world.signedIn('dana');
    const call = await world.submit(`${refund(1034)} -- ${evil}\u202e\u200b`, {
      run: `run-${evil}`,
      purpose: `because ${evil} \u2066‮`,
      tool: `tool-${evil}`,
    });
    await page.goto(`${world.url}/console/approvals/${call.approval}`);
    await page.waitForSelector('.vote');
    expect(await page.locator('.untrusted').first().innerText()).toContain(`-- ${evil}⟨U+202E⟩⟨U+200B⟩`);
    expect(await page.locator('.untrusted').nth(1).innerText()).toMatch(/because <img.*⟨U\+2066⟩⟨U\+202E⟩/);
    expect(await page.locator('.mark').allInnerTexts()).toEqual(
      ['202E', '200B', '2066', '202E'].map((point) => `⟨U+${point}⟩`),
    );
    expect(await page.locator('.card img, .card script').count()).toBe(0);
    await page.locator('.facts a').click();
    await page.waitForSelector('.timeline');
    expect(await page.locator('.timeline img, .timeline script').count()).toBe(0);
    expect(await page.locator('h1 ~ * code.theirs').first().innerText()).toContain(evil);
    expect(world.complaints.filter((said) => said.includes('dialog'))).toEqual([]);
    await page.context().close();
  });

  test('never 28: what an agent writes reads in the order in which it runs, and bears its edge everywhere', async () => {
    const page = await world.signedIn('dana');
    const call = await world.submit(`${refund(1032)} -- '\u05d0' < 5 - 4 AND '\u05d1' > '\u05d2'`);
    await page.goto(`${world.url}/console/approvals/${call.approval}`);
    await page.waitForSelector('.vote');
    /** Where each of these stands, from the left. */
    const places = await page.evaluate<number[]>(`(() => {
      const pre = document.querySelector('.untrusted pre');
      const walk = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
      const found = {};
      for (let node = walk.nextNode(); node !== null; node = walk.nextNode())
        for (let at = 0; at < node.data.length; at++) {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          found[node.data[at]] = range.getBoundingClientRect().left;
        }
      return ['\\u05d0', '<', '5', '-', '4', '\\u05d1', '>', '\\u05d2'].map((one) => found[one]);
    })()`);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(await page.locator('.facts a.theirs').innerText()).toBe('run-1042');
    await page.context().close();
  });

  test('a page that was left open says of what it asks that nobody is there', async () => {
    const page = await world.opened('dana');
    await page.clock.install();
    await signIn(page, 'dana');
    const asked = async (ms: number) => {
      const [request] = await Promise.all([
        page.waitForRequest((one) => one.url().endsWith('/auth/session')),
        page.clock.fastForward(ms),
      ]);
      return (await request.allHeaders())['x-countersign-idle'];
    };
    await page.clock.fastForward(40_000);
    await page.keyboard.press('Shift');
    expect(await asked(30_000)).toBeUndefined();
    expect(await asked(60_000)).toBe('1');
    await page.context().close();
  });

  test('somebody whose session is gone is asked to sign in again, and sees nothing more', async () => {
    const page = await world.signedIn('dana');
    await page.request.post(`${world.url}/auth/logout`, {
      headers: { origin: world.url, 'x-countersign-csrf': await csrfOf(page) },
    });
    await page.goto(`${world.url}/console/runs`);
    await page.getByText('Sign in', { exact: true }).waitFor();
    expect(await page.title()).toBe('Sign in · Countersign');
    expect(await page.locator('nav').count()).toBe(0);
    await page.context().close();
  });

  test('what an auditor sees has no vote in it, and what an approver sees no policy', async () => {
    const [ruth, dana] = await Promise.all([world.signedIn('ruth'), world.signedIn('dana')]);
    const call = await world.submit(refund(1033), { run: 'run-audit' });
    await ruth.goto(`${world.url}/console/approvals/${call.approval}`);
    await ruth.waitForSelector('.vote.closed');
    expect(await ruth.locator('.vote button').count()).toBe(0);
    await ruth.getByText('Policy', { exact: true }).click();
    await ruth.getByText('How often each rule decided').waitFor();
    await ruth.fill('textarea.code', 'DROP TABLE orders');
    await ruth.getByText('Try it').click();
    await ruth.locator('.state.bad', { hasText: 'deny' }).waitFor();
    expect(await ruth.locator('nav').innerText()).not.toContain('Stop');
    expect(await dana.locator('nav').innerText()).not.toMatch(/Policy|Stop/);
    await ruth.context().close();
    await dana.context().close();
  });
});

test('the page is served so that nothing inline runs, nothing comes from elsewhere, and nobody frames it', async () => {
  const files = await consoleFiles();
  const bytes = [...files.values()].reduce((sum, { body }) => sum + body.byteLength, 0);
  expect(bytes).toBeLessThan(100 * 1024);
  const html = files.get('index.html')?.body.toString() ?? '';
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|style=|https?:|\son[a-z]+=/);
  const script = [...files].find(([name]) => name.endsWith('.js'))?.[1].body.toString() ?? '';
  expect({ evaluates: /\beval\(|new Function\(|document\.write/.test(script) }).toEqual({ evaluates: false });
  if (browser === null) return;
  const another = await openWorld(browser);
  try {
    for (const path of ['/console', '/console/approvals/apr_x?then=//evil.example']) {
      const { status, headers } = await fetch(another.url + path);
      expect(status).toBe(200);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/,
      );
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
    expect((await fetch(`${another.url}/console/assets/../../package.json`)).status).toBe(404);
    expect((await fetch(`${another.url}/console/assets/%2e%2e%2fkeys`)).status).toBe(404);
  } finally {
    await another[Symbol.asyncDispose]();
  }
});

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds against WCAG 2.2 AA. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; nodes: { target: string[]; html: string }[] }[] }>;
      };
    };
    const found = await axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`),
    );
  });
}

const csrfOf = async (page: Page): Promise<string> =>
  ((await (await page.request.get(`${world.url}/auth/session`)).json()) as { csrf: string }).csrf;
