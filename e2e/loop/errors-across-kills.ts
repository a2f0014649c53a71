/**
 * Posts errors to a real controller while it is killed (SIGKILL) again and again, then looks into
 * the database: is every acknowledged one there, and none twice?
 */
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPrng, nextRandom } from '@fettle/core/supervise/prng';
import { readDaemonFile, statePaths } from '@fettle/sdk/daemon/paths';
import { fettleIn } from '../live-shop.ts';

export type KillReport = Readonly<{
  acknowledged: number;
  /** Posts that failed because the controller was away; their errors count as not taken. */
  failedPosts: number;
  kills: number;
  stored: number;
  /** Acknowledged and not stored. */
  missing: number;
  doubled: number;
  seconds: number;
  ackP50Ms: number;
  ackP99Ms: number;
}>;

export type KillOptions = Readonly<{ errors: number; kills: number; seed: string }>;

const senders = 8;
const batch = 20;
const stack = `
name: errors-kill
services:
  web: { command: [sleep, '100000'] }
`;

export async function errorsAcrossKills(options: KillOptions): Promise<KillReport> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-errors-'));
  writeFileSync(join(dir, 'fettle.yaml'), stack);
  try {
    const up = await fettleIn(dir, ['up', '-d', '--wait']);
    if (up.code !== 0) throw new RangeError(`fettle up: ${up.stdout}${up.stderr}`);
    return await run(dir, options);
  } finally {
    await fettleIn(dir, ['down']);
    rmSync(dir, { recursive: true, force: true });
  }
}

type State = { next: number; failed: number; kills: number; acked: Set<number>; tookMs: number[] };

async function run(dir: string, { errors, kills, seed }: KillOptions): Promise<KillReport> {
  const state: State = { next: 0, failed: 0, kills: 0, acked: new Set(), tookMs: [] };
  const prng = createPrng(seed);
  const killAt = Array.from({ length: kills }, (_, index) =>
    Math.floor((errors * (index + nextRandom(prng))) / kills),
  );
  const beganMs = performance.now();
  const send = async (): Promise<void> => {
    while (state.acked.size < errors) await post(dir, state);
  };
  const kill = async (): Promise<void> => {
    for (const at of killAt) {
      while (state.acked.size < at) await delay(1);
      await killController(dir);
      state.kills += 1;
    }
  };
  await Promise.all([kill(), ...Array.from({ length: senders }, send)]);
  const seconds = (performance.now() - beganMs) / 1_000;
  const stored = await readStored(dir, state.acked);
  const sorted = state.tookMs.toSorted((a, b) => a - b);
  const quantile = (share: number): number =>
    Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
  return {
    acknowledged: state.acked.size,
    failedPosts: state.failed,
    kills: state.kills,
    stored: stored.size,
    missing: [...state.acked].filter((id) => !stored.has(id)).length,
    doubled: [...stored.values()].filter((count) => count > 1).length,
    seconds: Math.round(seconds * 10) / 10,
    ackP50Ms: quantile(0.5),
    ackP99Ms: quantile(0.99),
  };
}

async function post(dir: string, state: State): Promise<void> {
  const first = state.next;
  state.next += batch;
  const errors = Array.from({ length: batch }, (_, index) => ({
    service: 'web',
    message: `order ${first + index} failed`,
    stack: 'Error: failed\n    at pay (/srv/shop/pay.js:12:3)',
  }));
  const url = readDaemonFile(statePaths(dir).daemonFile)?.url;
  const beganMs = performance.now();
  try {
    const answer = await fetch(`${url}/api/v1/errors`, {
      method: 'POST',
      body: JSON.stringify({ errors }),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    if (answer.status !== 202) throw new RangeError(`status ${answer.status}`);
    for (let id = first; id < first + batch; id += 1) state.acked.add(id);
    state.tookMs.push(performance.now() - beganMs);
  } catch {
    // Killed under our hands: nothing was promised about these.
    state.failed += 1;
    await delay(20);
  }
}

async function killController(dir: string): Promise<void> {
  const before = readDaemonFile(statePaths(dir).daemonFile)?.controllerPid ?? null;
  if (before === null) throw new RangeError('no controller to kill');
  process.kill(before, 'SIGKILL');
  const untilMs = performance.now() + 20_000;
  while (readDaemonFile(statePaths(dir).daemonFile)?.controllerPid === before) {
    if (performance.now() > untilMs) throw new RangeError('the controller did not come back');
    await delay(10);
  }
}

/** How often each number is in the database, once the spool was taken over. */
async function readStored(
  dir: string,
  acked: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number>> {
  const untilMs = performance.now() + 30_000;
  for (;;) {
    const db = new DatabaseSync(statePaths(dir).database, { readOnly: true });
    const rows = db.prepare('SELECT message FROM error_report').all();
    db.close();
    const stored = counted(rows);
    const isWhole = [...acked].every((id) => stored.has(id));
    if (isWhole || performance.now() > untilMs) return stored;
    await delay(200);
  }
}

function counted(rows: readonly Record<string, unknown>[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { message } of rows) {
    const id = Number(/^order (\d+) failed$/.exec(String(message))?.[1]);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
