/**
 * Hangs real services under the real supervisor and prints how long each took to be healthy again,
 * beside the bound that docs/health.md promises. `node tools/run.mjs e2e/health/hang.ts [rounds]`.
 */
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import { http, openLiveStack, service, type LiveStack } from './live-stack.ts';

export type HangKind = 'sigstop' | 'busy' | 'deadlock';
export type HangResult = Readonly<{
  service: string;
  kind: HangKind;
  tookMs: number;
  boundMs: number;
  /** First start of this service until it was ready. */
  startMs: number;
  samePid: boolean;
  /** What Fettle said, in order. */
  said: readonly string[];
  evidence: string | null;
}>;

const python = ['python3', '-u', 'victim.py'];
const node = [process.execPath, 'victim.mjs'];

export const victims: readonly Service[] = [
  service('node', node, { healthChecks: [http('/healthz')] }),
  service('python', python, { healthChecks: [http('/healthz')] }),
];

/** Hangs `name` once and waits until it is healthy again. */
export async function hangOnce(
  stack: LiveStack,
  name: string,
  kind: HangKind,
): Promise<HangResult> {
  const instance = `${name}.1`;
  const startMs = await readyAfterMs(stack, instance);
  const before = stack.view(instance);
  const port = before.port?.port ?? 0;
  const firstEvent = stack.events.length;
  const beganMs = performance.now();
  if (kind === 'sigstop') process.kill(before.pid ?? 0, 'SIGSTOP');
  else await ask(port, `/${kind}`);
  await untilAnswers(stack, instance);
  const tookMs = performance.now() - beganMs;
  const events = stack.events.slice(firstEvent);
  const path = events.map(({ data }) => data['evidence']).find((file) => typeof file === 'string');
  return {
    service: name,
    kind,
    tookMs,
    boundMs: boundOf(stack, name, kind, startMs),
    startMs,
    samePid: stack.view(instance).pid === before.pid,
    said: events.map(({ text }) => text),
    evidence: typeof path === 'string' ? await readFile(join(stack.stateDir, path), 'utf8') : null,
  };
}

async function readyAfterMs(stack: LiveStack, instance: string): Promise<number> {
  await stack.until(`${instance} to be ready`, () => stack.link.instance(instance)?.ready === true);
  const startedAtMs = stack.view(instance).startedAtMs ?? Date.now();
  return Math.max(0, (firstReadyAt.get(stack)?.get(instance) ?? Date.now()) - startedAtMs);
}

/** When an instance was first seen ready, by stack. */
const firstReadyAt = new WeakMap<LiveStack, Map<string, number>>();
export function noteReadiness(stack: LiveStack): void {
  const seen = new Map<string, number>();
  firstReadyAt.set(stack, seen);
  stack.link.onNotice((notice, atMs) => {
    if (notice.kind !== 'instance-changed') return;
    const { instance, ready } = notice.view;
    if (ready) seen.set(instance, seen.get(instance) ?? atMs);
    else seen.delete(instance);
  });
}

/** A connection of its own each time: a pool's idle one would hold a single-threaded server up. */
export function ask(port: number, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 500 }, (response) => {
    response.resume();
    response.once('close', () => resolve(response.statusCode === 200));
  });
  request.once('timeout', () => request.destroy());
  request.once('error', () => resolve(false));
  return promise;
}

/** Healthy: it answers us, its checks are up, the supervisor holds it ready, nothing is mended. */
async function untilAnswers(stack: LiveStack, instance: string): Promise<void> {
  const answered = (): boolean =>
    stack.link.instance(instance)?.ready === true &&
    !stack.health.healing(instance) &&
    stack.health.checks(instance).every(({ up }) => up === true);
  for (;;) {
    const ok = await ask(stack.view(instance).port?.port ?? 0, '/healthz');
    if (ok) return void (await stack.until(`${instance} to be healthy`, answered, 30_000));
  }
}

function boundOf(stack: LiveStack, name: string, kind: HangKind, startMs: number): number {
  const check = stack.link.stack()?.services.find((one) => one.name === name)?.healthChecks[0];
  if (check === undefined) return 0;
  const seenMs = check.intervalMs * check.downAfter + check.timeoutMs;
  if (kind === 'sigstop') return seenMs + 1_000;
  return seenMs + startMs + check.intervalMs * (check.upAfter - 1) + 1_000;
}

async function main(rounds: number): Promise<void> {
  const stack = await openLiveStack(victims);
  noteReadiness(stack);
  let late = 0;
  try {
    for (let round = 1; round <= rounds; round += 1)
      for (const kind of ['sigstop', 'busy', 'deadlock'] as const)
        for (const { name } of victims) {
          const result = await hangOnce(stack, name, kind);
          const inTime = result.tookMs <= result.boundMs;
          late += inTime ? 0 : 1;
          console.log(line(round, result, inTime));
          for (const text of result.said) console.log(`      ${text}`);
        }
    console.log(late === 0 ? 'all within the bound' : `${late} too late`);
  } finally {
    await stack.close();
  }
  process.exitCode = late === 0 ? 0 : 1;
}

function line(round: number, result: HangResult, inTime: boolean): string {
  const { service: name, kind, tookMs, boundMs, startMs, samePid } = result;
  const pid = samePid ? 'same pid' : 'new pid';
  const bytes = result.evidence === null ? 'no evidence' : `evidence ${result.evidence.length} B`;
  return [
    `${inTime ? 'ok  ' : 'LATE'} round ${round}  ${kind.padEnd(8)} ${name.padEnd(6)}`,
    `healthy after ${tookMs.toFixed(0)} ms, bound ${boundMs.toFixed(0)} ms`,
    `(start ${startMs.toFixed(0)} ms, ${pid}, ${bytes})`,
  ].join('  ');
}

if (process.argv[1] === import.meta.filename) await main(Number(process.argv[2] ?? 2));
