import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readArguments } from '@fettle/proc/process-command';
import { listProcesses } from '@fettle/proc/process-tree';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { fettleIn } from '../live-shop.ts';
import { poll } from '../supervisor/daemon.ts';
import { openLimited, runaway, type LimitedStack } from './limited-stack.ts';

let stack: LimitedStack | null = null;
afterEach(async () => {
  delete process.env['FETTLE_CGROUPS'];
  await stack?.close();
});

test('limits are kept by whoever holds them here, and status says who', async () => {
  stack = await openLimited();
  const seen = await stack.look();
  expect(seen.filter(({ kept }) => !kept)).toEqual([]);
  for (const { by, note } of seen) expect(by === 'watched').toBe(note !== null);
  expect(seen.at(-1)?.by).toBe('rlimit');
  expect(await stack.wide()).toMatch(/files 77 rlimit/);
});

test('what a service has left behind goes with its control group', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-runaway-'));
  const command = JSON.stringify(['/bin/sh', '-c', runaway]);
  writeFileSync(
    join(dir, 'fettle.yaml'),
    `services: { away: { command: ${command}, pids_limit: 9 } }`,
  );
  try {
    expect((await fettleIn(dir, ['up', '-d', '--wait'])).code).toBe(0);
    const { stdout } = await fettleIn(dir, ['status', '--json']);
    const away = (JSON.parse(stdout) as StatusDocument).services[0]?.instances[0];
    const left = await poll('it has run away', 5_000, () => runaways()[0] ?? null);
    await fettleIn(dir, ['stop', 'away']);
    const isHeld = away?.limits?.[0]?.by !== 'watched';
    // Where nobody holds it, nobody knows whose it is: that is the one exception.
    if (isHeld) await poll('it is gone', 5_000, () => (runaways().includes(left) ? null : true));
    else process.kill(left, 'SIGKILL');
  } finally {
    await fettleIn(dir, ['down']);
    rmSync(dir, { recursive: true, force: true });
  }
});

function runaways(): readonly number[] {
  const found: number[] = [];
  for (const pid of listProcesses().keys())
    if (readArguments(pid)?.join(' ') === '/bin/sleep 1234') found.push(pid);
  return found;
}

test('without control groups they are watched, the start goes on, and up says it once', async () => {
  process.env['FETTLE_CGROUPS'] = 'off';
  stack = await openLimited();
  const note = 'are watched, not held: switched off by FETTLE_CGROUPS';
  expect(stack.upText.split(note)).toHaveLength(2);
  const seen = await stack.look();
  expect(seen.map(({ by }) => by)).toEqual(['watched', 'watched', 'watched', 'rlimit']);
  expect(seen.filter(({ kept }) => !kept)).toEqual([]);
});
