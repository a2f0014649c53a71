/**
 * Kills supervisor, controller, or both at random moments, and checks after each kill that no
 * service noticed: same pids, none twice, and what died meanwhile was judged by its real exit code.
 */
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Service } from '@fettle/core/stack/service';
import { readArguments, readVariable } from '@fettle/proc/process-command';
import { poll, processesOf, service, type TestDaemon, testDaemon } from './daemon.ts';

export type KillPlan = Readonly<{ rounds: number; steady: number; jobs: number; seed: number }>;
export type KillReport = Readonly<{
  plan: KillPlan;
  kills: Readonly<Record<string, number>>;
  adopted: number;
  /** Services that died while nobody watched, and came back with the right last exit. */
  victimsBack: number;
  crasherRestarts: number;
  jobs: Readonly<Record<string, number>>;
  restartMs: Readonly<{ median: number; worst: number }>;
  leftAfterDown: number;
  violations: readonly string[];
}>;

const controller = fileURLToPath(
  new URL('../../packages/controller/dist/main.js', import.meta.url),
);
const always = { count: 1_000_000, periodMs: 1_000, backoff: { baseMs: 50, maxMs: 200 } };
const crashers = 5;
const victims = 5;

export async function killRounds(plan: KillPlan): Promise<KillReport> {
  const random = generator(plan.seed);
  const daemon = testDaemon(controller);
  const violations: string[] = [];
  const kills: Record<string, number> = { supervisor: 0, controller: 0, both: 0 };
  const restarts: number[] = [];
  let adopted = 0;
  let victimsBack = 0;
  try {
    mkdirSync(join(daemon.dir, 'jobs'));
    await daemon.start();
    await daemon.apply(services(plan, daemon.dir, random));
    const isUp = (view: InstanceView): boolean => !isSteady(view) || view.pid !== null;
    const first = await daemon.until('all up', (views) => views.every(isUp), 60_000);
    const pids = new Map(first.filter(isSteady).map((view) => [view.instance, view.pid]));
    for (let round = 0; round < plan.rounds; round += 1) {
      await wait(random() * 150);
      const target = ['supervisor', 'controller', 'both'][Math.floor(random() * 3)] ?? 'both';
      kills[target] = (kills[target] ?? 0) + 1;
      const result = await killOnce(daemon, target, random);
      if (result.victim !== null) victimsBack += 1;
      if (target !== 'controller') restarts.push(result.tookMs);
      violations.push(...result.violations.map((text) => `round ${round} (${target}): ${text}`));
      const views = await daemon.instances();
      for (const view of views) {
        if (!isSteady(view)) continue;
        if (view.pid === pids.get(view.instance) && view.state === 'running') adopted += 1;
        else violations.push(`round ${round}: ${view.instance} is ${view.pid}, ${view.state}`);
      }
      violations.push(...(await doubles(daemon)).map((text) => `round ${round}: ${text}`));
      if (round % 20 === 19) console.log(`${round + 1} kills, ${violations.length} violations`);
    }
    const ended = await daemon.until('jobs ended', (views) => views.every(jobIsOver), 90_000);
    const jobs = judgeJobs(ended, daemon.dir, violations);
    const crasherRestarts = judgeCrashers(ended, violations);
    const leftAfterDown = await daemon.end();
    const sorted = restarts.toSorted((left, right) => left - right);
    const restartMs = {
      median: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
      worst: Math.round(sorted.at(-1) ?? 0),
    };
    const found = { kills, adopted, victimsBack, crasherRestarts, jobs };
    return { plan, ...found, restartMs, leftAfterDown, violations };
  } finally {
    await daemon.end();
  }
}

function services(plan: KillPlan, dir: string, random: () => number): Service[] {
  const list: Service[] = [];
  for (let at = 0; at < plan.steady; at += 1)
    list.push(
      service(`steady-${at}`, {
        command: sh('n=0; while :; do n=$((n+1)); echo "line $n of $$"; sleep 1; done'),
      }),
    );
  for (let at = 0; at < victims; at += 1) list.push(service(`victim-${at}`, { intensity: always }));
  for (let at = 0; at < crashers; at += 1)
    list.push(service(`crasher-${at}`, { command: sh('sleep 0.3; exit 3'), intensity: always }));
  for (let at = 0; at < plan.jobs; at += 1) {
    const seconds = (random() * plan.rounds * 0.3).toFixed(2);
    const file = join(dir, 'jobs', `job-${at}`);
    const command = sh(`echo started >>'${file}'; sleep ${seconds}; exit ${at % 2 === 0 ? 0 : 7}`);
    list.push(service(`job-${at}`, { command, oneShot: true, restart: 'no' }));
  }
  return list;
}

function sh(text: string): readonly string[] {
  return ['/bin/sh', '-c', text];
}

type Round = Readonly<{ victim: string | null; tookMs: number; violations: readonly string[] }>;

async function killOnce(daemon: TestDaemon, target: string, random: () => number): Promise<Round> {
  const before = await daemon.instances();
  const controller = before.find((view) => view.service === '@controller')?.pid ?? null;
  if (target !== 'supervisor' && controller !== null) tryKill(controller);
  if (target === 'controller') {
    await daemon.until('controller back', (views) => hasNewController(views, controller));
    return { victim: null, tookMs: 0, violations: [] };
  }
  await daemon.kill();
  const victim = before.find(
    ({ service: name, pid }) => pid !== null && name === `victim-${Math.floor(random() * victims)}`,
  );
  if (victim?.pid) tryKill(victim.pid);
  await wait(random() * 100);
  const startedMs = performance.now();
  await daemon.start();
  const tookMs = performance.now() - startedMs;
  if (target === 'both')
    await daemon.until('controller back', (views) => hasNewController(views, controller));
  if (victim === undefined) return { victim: null, tookMs, violations: [] };
  const violations: string[] = [];
  const isBack = (view: InstanceView): boolean =>
    view.instance !== victim.instance || (view.pid !== null && view.pid !== victim.pid);
  const views = await daemon.until(`${victim.instance} back`, (all) => all.every(isBack));
  const exit = views.find(({ instance }) => instance === victim.instance)?.lastExit;
  if (exit?.code !== 137) violations.push(`${victim.instance}: last exit ${exit?.code}`);
  return { victim: victim.instance, tookMs, violations };
}

/** Two live runs of one instance. A run that is just ending may overlap for a moment. */
async function doubles(daemon: TestDaemon): Promise<string[]> {
  const look = (): string[] => {
    const tokens = new Map<string, Set<string>>();
    for (const pid of processesOf(daemon.paths)) {
      const instance = readVariable(pid, 'FETTLE_INSTANCE');
      const token = readVariable(pid, 'FETTLE_RUN');
      if (instance === null || token === null || readArguments(pid)?.length === 0) continue;
      tokens.set(instance, (tokens.get(instance) ?? new Set()).add(token));
    }
    return [...tokens].flatMap(([instance, all]) =>
      all.size > 1 ? [`${instance} runs ${all.size} times`] : [],
    );
  };
  let found = look();
  const untilMs = performance.now() + 1_000;
  while (found.length > 0 && performance.now() < untilMs) {
    await wait(20);
    const again = new Set(look());
    found = found.filter((text) => again.has(text));
  }
  return found;
}

function judgeJobs(
  views: readonly InstanceView[],
  dir: string,
  violations: string[],
): Record<string, number> {
  const counts: Record<string, number> = { done: 0, failed: 0 };
  for (const view of views) {
    if (!view.service.startsWith('job-')) continue;
    counts[view.state] = (counts[view.state] ?? 0) + 1;
    const code = Number(view.service.slice(4)) % 2 === 0 ? 0 : 7;
    if (view.lastExit?.code !== code || view.state !== (code === 0 ? 'done' : 'failed'))
      violations.push(`${view.service}: ${view.state} with ${view.lastExit?.code}, not ${code}`);
  }
  for (const name of readdirSync(join(dir, 'jobs'))) {
    const starts = readFileSync(join(dir, 'jobs', name), 'utf8').split('\n').length - 1;
    if (starts !== 1) violations.push(`${name} was started ${starts} times`);
  }
  return counts;
}

function judgeCrashers(views: readonly InstanceView[], violations: string[]): number {
  let restarts = 0;
  for (const view of views) {
    if (!view.service.startsWith('crasher-')) continue;
    restarts += view.restarts;
    if (view.lastExit?.code !== 3)
      violations.push(`${view.service}: last exit ${view.lastExit?.code}, not 3`);
  }
  return restarts;
}

function isSteady(view: InstanceView): boolean {
  return view.service.startsWith('steady-');
}

function jobIsOver(view: InstanceView): boolean {
  return !view.service.startsWith('job-') || view.state === 'done' || view.state === 'failed';
}

function hasNewController(views: readonly InstanceView[], old: number | null): boolean {
  const pid = views.find((view) => view.service === '@controller')?.pid ?? null;
  return pid !== null && pid !== old;
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago.
  }
}

function wait(ms: number): Promise<unknown> {
  return poll('a while', ms + 1_000, gate(ms));
}

function gate(ms: number): () => true | null {
  const untilMs = performance.now() + ms;
  return () => (performance.now() >= untilMs ? true : null);
}

/** Mulberry32: the same seed kills at the same moments, as far as a real machine allows. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
