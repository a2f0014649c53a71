/** The dashboard in a real browser over the real daemon and the example stack. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop, type LiveStack } from '../live-shop.ts';
import { hasChromium, openBrowser } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pages = [
  '/',
  '/s',
  '/s/api',
  '/s/api?tab=logs',
  '/s/api?tab=checks',
  '/s/api?tab=timeline',
  '/s/api?tab=definition',
  '/i',
  '/i?tab=all',
  '/approvals',
  '/r',
  '/r/service-failure',
  '/ports',
  '/events',
];

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] };

describe.skipIf(!hasChromium)('dashboard (needs chromium)', () => {
  let stack: LiveStack;
  let browser: Browser;
  const outbound: string[] = [];

  beforeAll(async () => {
    stack = await openShop();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}) {
    const context = await browser.newContext({ bypassCSP: true, ...options });
    const page = await context.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(stack.url)) outbound.push(request.url());
    });
    await page.goto(`${stack.url}${path}`);
    await page.waitForFunction(
      'document.querySelector(".top .sentence")?.textContent !== "Loading …"',
    );
    return { page, context };
  }

  async function violations(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe);
    const found = (await page.evaluate('axe.run().then((r) => r.violations)')) as Violation[];
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  }

  async function close(context: BrowserContext): Promise<void> {
    await context.close();
  }

  for (const colorScheme of ['light', 'dark'] as const)
    for (const path of pages)
      test(`${path} has no axe violation in ${colorScheme} colours`, async () => {
        const { page, context } = await open(path, { colorScheme });
        await page.waitForFunction('!document.querySelector(".skeleton")');
        expect(await violations(page)).toEqual([]);
        await close(context);
      });

  for (const width of [320, 375])
    test(`every page fits ${width} px without scrolling sideways`, async () => {
      for (const path of pages) {
        const { page, context } = await open(path, { viewport: { width, height: 720 } });
        const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(over, path).toBeLessThanOrEqual(0);
        expect(await violations(page), path).toEqual([]);
        await close(context);
      }
    });

  test('a killed service is seen to come back, without a reload', async () => {
    const { page, context } = await open('/s/api');
    const before = (await stack.status()).services.find(({ name }) => name === 'api');
    process.kill(before?.pid ?? Number.NaN, 'SIGKILL');
    // A string: these tests are compiled without the browser's types.
    await page.waitForFunction(
      `{
        const text = document.querySelector('.head').textContent;
        text.includes('pid') && !text.includes('pid ${before?.pid}') && text.includes('restarts');
      }`,
      null,
      { timeout: 20_000 },
    );
    await close(context);
  });

  test('log lines appear while the page is open', async () => {
    const { page, context } = await open('/s/traffic?tab=logs');
    await page.waitForSelector('.log-row', { timeout: 20_000 });
    const newest = () =>
      page.evaluate('document.querySelector(".log-row:last-child")?.textContent');
    const first = await newest();
    await page.waitForFunction(
      `document.querySelector('.log-row:last-child')?.textContent !== ${JSON.stringify(first)}`,
      null,
      { timeout: 20_000 },
    );
    await close(context);
  });

  test('a restart asks first, and then happens', async () => {
    const { page, context } = await open('/s/worker');
    const before = (await stack.status()).services.find(({ name }) => name === 'worker');
    await page.getByRole('button', { name: 'Restart', exact: true }).click();
    await page.getByRole('button', { name: 'Restart worker' }).click();
    const pid = await stack.until('a new worker', ({ services }) => {
      const now = services.find(({ name }) => name === 'worker');
      return now?.state === 'ok' && now.pid !== before?.pid && now.pid;
    });
    expect(pid).not.toBe(before?.pid);
    await close(context);
  });

  test('a controller that stopped answering is shown as stale within 25 s', async () => {
    const { page, context } = await open('/');
    const { controllerPid, supervisorPid } = (await stack.status()).daemon;
    // The supervisor would wake a stopped controller within a second.
    const pids = [supervisorPid ?? Number.NaN, controllerPid];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await page.waitForFunction(
        'document.body.textContent.includes("Live updates stopped")',
        null,
        {
          timeout: 32_000,
        },
      );
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await close(context);
  });

  test('the pages asked nobody but their own daemon', () => {
    expect(outbound).toEqual([]);
  });
});
