/**
 * Must show 6: `node tools/run.mjs e2e/loop/calm-shop.ts [minutes]`. The shop with its traffic, and
 * nothing wrong: half an hour unless told. Each incident in it is a false alarm; ends with 1 then.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@fettle/sdk/client';
import { fetchTransport } from '@fettle/sdk/transports/fetch';
import { openShop } from '../live-shop.ts';

const everyMs = 10_000;
const [minutes = 30] = process.argv.slice(2).map(Number);

const shop = await openShop();
try {
  const client = createClient(fetchTransport({ baseUrl: shop.url, token: null }));
  const endMs = performance.now() + minutes * 60_000;
  let [looks, unwell] = [0, 0];
  while (performance.now() < endMs) {
    await delay(Math.min(everyMs, Math.max(0, endMs - performance.now())));
    const { services } = await client.status();
    looks += 1;
    unwell += services.filter(({ state }) => state !== 'ok' && state !== 'done').length;
    if (looks % 30 === 0) console.error(`${(looks * everyMs) / 60_000} min: ${unwell} unwell`);
  }
  const { services } = await client.status();
  const { incidents } = await client.healing.incidents();
  const restarts = services.reduce((sum, one) => sum + one.restarts, 0);
  const titles = incidents.map(({ id, title, openedAt }) => `${openedAt} ${id} ${title}`);
  const result = { minutes, services: services.length, looks, unwell, restarts, incidents: titles };
  console.log(JSON.stringify(result, null, 2));
  console.log(`${titles.length} incidents in ${minutes} min`);
  process.exitCode = titles.length === 0 && restarts === 0 ? 0 : 1;
} finally {
  await shop.close();
}
