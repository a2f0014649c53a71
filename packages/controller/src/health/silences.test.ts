/** Silences stand over a restart, end by themselves, and each change is told whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSilences, type Silences } from './silences.ts';

let dir: string;
const open: Silences[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-silences-'));
});
afterEach(() => {
  for (const one of open.splice(0)) one.stop();
  rmSync(dir, { recursive: true, force: true });
});

function start() {
  const told: string[] = [];
  const silences = openSilences(dir, (service, checks) =>
    told.push(`${service}: ${[...checks].join(' ')}`),
  );
  open.push(silences);
  return { silences, told };
}
const soonMs = (ms: number): number => Date.now() + ms;

test('what is silenced is told, also to the next controller', () => {
  const { silences, told } = start();
  silences.set({ service: 'api', check: 'health', untilMs: soonMs(60_000) });
  silences.set({ service: 'api', check: 'ready', untilMs: soonMs(60_000) });
  expect(told).toEqual(['api: health', 'api: health ready']);
  expect(start().told).toEqual(['api: health ready']);
  silences.lift('api', 'health');
  expect(told.at(-1)).toBe('api: ready');
  expect(start().told).toEqual(['api: ready']);
});

test('it ends by itself', async () => {
  const { silences, told } = start();
  silences.set({ service: 'api', check: 'health', untilMs: soonMs(40) });
  await expect.poll(() => told.at(-1)).toBe('api: ');
  expect(silences.list()).toEqual([]);
  expect(start().told).toEqual([]);
});

test('one whose time was over while nobody ran is not taken up', () => {
  start().silences.set({ service: 'api', check: 'health', untilMs: soonMs(-1) });
  expect(start().told).toEqual([]);
});
