/**
 * What health and figures cost while nothing happens: N real services probed over HTTP every 10 s,
 * attested, figures each 5 s, beside the floor of as many bare requests.
 * `node tools/run.mjs e2e/health/idle.ts [services] [seconds]`.
 */
import { openFiguresPart } from '@fettle/controller/figures/figures-part';
import type { Journal } from '@fettle/controller/parts';
import { readProcessStat, ticksPerSecond } from '@fettle/proc/process-stat';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './hang.ts';
import { http, openLiveStack, service } from './live-stack.ts';

const count = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 60);
const port = {
  preferred: [{ from: 18_200, to: 18_199 + count * 2 }],
  host: '127.0.0.1',
  fallback: true,
};
const check = http('/healthz', { intervalMs: 10_000, timeoutMs: 2_000, startPeriodMs: 60_000 });
const services = Array.from({ length: count }, (_, i) =>
  service(`s${i}`, ['python3', '-S', 'victim.py'], { port, healthChecks: [check] }),
);
const noJournal = { read: () => [] } as unknown as Journal;

const stack = await openLiveStack(services, { logs: false });
const figures = openFiguresPart({ link: stack.link, journal: noJournal });
try {
  const ready = (): number => stack.link.instances().filter((view) => view.ready).length;
  await stack.until('all ready', () => ready() === count, 300_000);
  await delay(12_000);
  const probes = (): number =>
    stack.health.durations().reduce((n, row) => n + row.histogram.count, 0);
  const before = { cpu: process.cpuUsage(), ticks: ticks(stack.supervisorPid), probes: probes() };
  const beganMs = performance.now();
  await delay(seconds * 1_000);
  const elapsedMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(before.cpu);
  const own = (user + system) / 1_000 / elapsedMs;
  const supervisor =
    (ticks(stack.supervisorPid) - before.ticks) / ticksPerSecond / (elapsedMs / 1_000);
  console.log(
    `services ${count}, probes ${probes() - before.probes} in ${(elapsedMs / 1_000).toFixed(1)} s`,
  );
  console.log(`health and figures  ${(own * 100).toFixed(2)} % of a core`);
  console.log(`supervisor          ${(supervisor * 100).toFixed(2)} % of a core`);
  console.log(`floor               ${((await floor()) * 100).toFixed(2)} % of a core`);
  console.log(`not ready ${count - ready()}, events ${stack.events.length}`);
} finally {
  await figures.stop();
  await stack.close();
}

/** The same number of bare requests in the same time, on the same machine at the same hour. */
async function floor(): Promise<number> {
  await stack.health.stop();
  await figures.stop();
  const ports = stack.link.instances().map(({ port }) => port?.port ?? 0);
  let next = 0;
  const timer = setInterval(() => void ask(ports[next++ % count] ?? 0, '/healthz'), 10_000 / count);
  const before = process.cpuUsage();
  const beganMs = performance.now();
  await delay(10_000);
  clearInterval(timer);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - beganMs);
}

function ticks(pid: number): number {
  const stat = readProcessStat(pid);
  return stat === null ? 0 : stat.userTicks + stat.systemTicks;
}
