/**
 * Pictures of the dashboard for people to look at:
 * `node tools/run.mjs e2e/dashboard/screenshots.ts FOLDER [STACK-FOLDER]`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { liveStack, openShop } from '../live-shop.ts';
import { openBrowser } from './browser.ts';

const [folder = 'screenshots', stackDir] = process.argv.slice(2);
const shots = [
  { name: 'overview', path: '/' },
  { name: 'services', path: '/s' },
  { name: 'service', path: '/s/api' },
  { name: 'logs', path: '/s/api?tab=logs' },
  { name: 'checks', path: '/s/api?tab=checks' },
  { name: 'incidents', path: '/i?tab=all' },
  { name: 'incident', path: '/i/INC-1' },
  { name: 'approvals', path: '/approvals' },
  { name: 'ports', path: '/ports' },
  { name: 'events', path: '/events' },
];
const looks = [
  { name: 'light', colorScheme: 'light', width: 1_280, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1_280, height: 900 },
  { name: 'phone', colorScheme: 'light', width: 375, height: 800 },
] as const;

mkdirSync(folder, { recursive: true });
const stack = stackDir === undefined ? await openShop() : await liveStack(stackDir);
const browser = await openBrowser();
try {
  for (const look of looks)
    for (const { name, path } of shots) {
      const viewport = { width: look.width, height: look.height };
      const { colorScheme } = look;
      const context = await browser.newContext({ bypassCSP: true, colorScheme, viewport });
      const page = await context.newPage();
      await page.goto(`${stack.url}${path}`);
      await page.waitForFunction(
        'document.querySelector("main .panel, main .banner") && !document.querySelector(".skeleton")',
      );
      await page.screenshot({ path: join(folder, `${name}-${look.name}.png`) });
      await context.close();
    }
} finally {
  await browser.close();
  if (stackDir === undefined) await stack.close();
}
console.log(`${looks.length * shots.length} pictures in ${folder}`);
