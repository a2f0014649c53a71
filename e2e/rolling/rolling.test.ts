import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LiveStack } from '../live-shop.ts';
import { measure, openReplicatedShop } from './rolling.ts';

const perSecond = 60;
let shop: LiveStack;

beforeAll(async () => {
  shop = await openReplicatedShop();
});
afterAll(() => shop.close());

function served(dir: string): readonly string[] {
  const text = readFileSync(join(dir, '.fettle/endpoints/api.json'), 'utf8');
  const { endpoints } = JSON.parse(text) as { endpoints: readonly { instance: string }[] };
  return endpoints.map(({ instance }) => instance);
}

test('a rolling restart under load costs no request, where a plain one does', async () => {
  const rolling = await measure(shop, 'restart --rolling', perSecond);
  expect(rolling).toMatchObject({ code: 0, replaced: 3, fewestServing: 2 });
  // A crowded machine makes the shop wait for itself; what matters is that nobody is cut off.
  expect(rolling.load.failed - rolling.load.late, JSON.stringify(rolling)).toBe(0);
  const plain = await measure(shop, 'restart', perSecond);
  expect(plain).toMatchObject({ code: 0, replaced: 3, fewestServing: 0 });
  expect(plain.load.failed, JSON.stringify(plain)).toBeGreaterThan(0);
});

test('both daemons are killed and started anew: clients hear of no replica that left', async () => {
  const killed = await measure(shop, 'both daemons killed', perSecond);
  expect(killed).toMatchObject({ code: 0, replaced: 0, fewestServing: 3 });
  expect(killed.load.failed - killed.load.late, JSON.stringify(killed)).toBe(0);
});

test('scale waits until the new ones are ready, and drains those that go', async () => {
  const file = join(shop.dir, 'fettle.local.yaml');
  writeFileSync(file, "services: { api: { scale: '1-4' } }\n");
  expect((await shop.fettle('up', '-d', '--wait')).code).toBe(0);
  const up = await shop.fettle('scale', 'api=4');
  expect(up.code, up.stderr).toBe(0);
  expect(served(shop.dir)).toHaveLength(4);
  const down = await shop.fettle('scale', 'api=3');
  expect(down.code, down.stderr).toBe(0);
  expect(served(shop.dir)).toEqual(['api.1', 'api.2', 'api.3']);
});

/** Each try edits anew: what a stopped rollout has left is taken up by the next `up`. */
let edition = 0;

test('an edit that does not get ready stops at the first replica and says why', async () => {
  const program = 'console.error("no such table"); process.exit(1)';
  const broken = `services:
  api: { scale: 3, command: [node, -e, '${program}', '${(edition += 1)}'] }
`;
  writeFileSync(join(shop.dir, 'fettle.local.yaml'), broken);
  const up = await shop.fettle('up', '-d', '--wait', '--wait-timeout', '30s');
  expect(up.code, up.stderr).toBe(3);
  const api = (await shop.status()).services.find(({ name }) => name === 'api');
  expect(api?.rolling?.phase).toBe('stopped');
  expect(api?.instances.filter(({ ready }) => ready)).toHaveLength(2);
  expect(up.stderr).toMatch(/rolling restart stopped after \d of \d: api\.1 ended: exit 1/);
  const timeline = await shop.fettle('timeline', 'api');
  expect(timeline.stdout).toMatch(/rolling restart of api: stopped after \d of \d/);
});
