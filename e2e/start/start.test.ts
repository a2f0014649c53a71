/** `npm start` as a newcomer types it, on the example stack in place. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fettleIn, liveStack, root, type LiveStack } from '../live-shop.ts';

const dir = join(root, 'examples/shop');
let started: ChildProcess;
let said = '';
let stack: LiveStack;

/** Somebody may be running the example here: then it is theirs, and we leave it alone. */
const taken = (await fettleIn(dir, ['status'])).code === 0;

function hear(text: RegExp, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = () => reject(new RangeError(`no ${text} in ${timeoutMs} ms:\n${said}`));
  const timer = setTimeout(late, timeoutMs);
  const look = () => {
    if (!text.test(said)) return;
    clearTimeout(timer);
    resolve();
  };
  started.stdout?.on('data', look);
  started.stderr?.on('data', look);
  look();
  return promise;
}

beforeAll(async () => {
  if (taken) return;
  started = spawn(process.execPath, [join(root, 'tools/start.mjs')], { cwd: root, detached: true });
  const collect = (chunk: Buffer) => (said += String(chunk));
  started.stdout?.on('data', collect);
  started.stderr?.on('data', collect);
  await hear(/ready in/, 90_000);
  stack = await liveStack(dir);
});

afterAll(async () => {
  if (taken) return;
  const ended = once(started, 'exit');
  started.kill('SIGINT');
  process.kill(-(started.pid ?? 0), 'SIGINT');
  await ended;
  expect((await fettleIn(dir, ['status'])).code).toBe(4);
});

test.skipIf(taken)('prints three things to try and the page', async () => {
  expect(said.match(/\.\/fettle -C examples\/shop/g)?.length).toBeGreaterThanOrEqual(3);
  expect(said).toContain(stack.url);
  const page = await fetch(stack.url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<div id="app">');
});

test.skipIf(taken)('every service is up', async () => {
  const { services } = await stack.status();
  expect(services.length).toBeGreaterThanOrEqual(7);
  const wrong = services.filter(({ state }) => !['ok', 'done'].includes(state));
  expect(wrong.map(({ name, state, why }) => `${name} ${state} ${why}`)).toEqual([]);
});

test.skipIf(taken)(
  'any service that is killed comes back, and why and timeline say so',
  async () => {
    const before = (await stack.status()).services.filter(({ pid }) => pid !== null);
    expect(before.length).toBeGreaterThanOrEqual(7);
    for (const { pid } of before) process.kill(pid ?? Number.NaN, 'SIGKILL');
    for (const { name, pid } of before) {
      await stack.until(`${name} to be back`, ({ services }) => {
        const now = services.find((service) => service.name === name);
        return now?.state === 'ok' && now.pid !== null && now.pid !== pid && now.restarts > 0;
      });
      const timeline = await stack.fettle('timeline', name);
      expect(timeline.stdout, name).toMatch(/KILL/);
      const why = JSON.parse((await stack.fettle('why', name, '--json')).stdout);
      expect(JSON.stringify(why.evidence), name).toMatch(/KILL/);
    }
  },
);
