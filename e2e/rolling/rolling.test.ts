import { writeFileSync } from 'node:fs';
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

test('a rolling restart under load costs no request, where a plain one does', async () => {
  const rolling = await measure(shop, 'restart --rolling', perSecond);
  expect(rolling).toMatchObject({ code: 0, replaced: 3, fewestServing: 2 });
  expect(rolling.load.failed, JSON.stringify(rolling)).toBe(0);
  const plain = await measure(shop, 'restart', perSecond);
  expect(plain).toMatchObject({ code: 0, replaced: 3, fewestServing: 0 });
  expect(plain.load.failed, JSON.stringify(plain)).toBeGreaterThan(0);
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
  expect(api?.rolling).toMatchObject({ phase: 'stopped', done: 1, of: 3 });
  expect(api?.instances.filter(({ ready }) => ready)).toHaveLength(2);
  expect(up.stderr).toContain('rolling restart stopped after 1 of 3: api.1 ended: exit 1');
  const timeline = await shop.fettle('timeline', 'api');
  expect(timeline.stdout).toContain('rolling restart of api: stopped after 1 of 3');
});
