/**
 * What the two daemons cost on a real stack: CPU of all their threads, resident memory, and
 * connections that leave the machine. The services' own cost is not counted.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { addressText, readTcpTable } from '@fettle/proc/tcp-table';
import { listSocketInodes } from '@fettle/proc/open-files';
import { readDaemonFile, statePaths } from '@fettle/sdk/daemon/paths';
import { fettleIn } from '../live-shop.ts';

export type Cost = Readonly<{
  services: number;
  linesPerS: number;
  seconds: number;
  /** Share of one core. */
  supervisorCpu: number;
  controllerCpu: number;
  supervisorRssMb: number;
  controllerRssMb: number;
  /** Both together, a page that both map (Node's own code) counted once. */
  bothPssMb: number;
  /** Of the machine: others on it make every figure of CPU larger. */
  loadPerCore: number;
  /** Connections of the daemons to other machines: each byte a second would go over one. */
  outsideConnections: number;
  /** Events of kind `collect.shed` in the journal. */
  shed: number;
  /** Incidents: a stack that is well has none. */
  incidents: number;
}>;

export type CostOptions = Readonly<{
  services: number;
  linesPerS: number;
  settleS: number;
  seconds: number;
}>;

const program = fileURLToPath(new URL('tiny-service.pl', import.meta.url));
/** Services that print, each the same share. */
const talkers = 10;

export async function costOfWatching(options: CostOptions): Promise<Cost> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-cost-'));
  writeFileSync(join(dir, 'fettle.yaml'), configOf(options));
  try {
    const up = await fettleIn(dir, ['up', '-d', '--wait', '--wait-timeout', '80s']);
    if (up.code !== 0) throw new RangeError(`fettle up: ${up.stdout}${up.stderr}`);
    await delay(options.settleS * 1_000);
    return await measure(dir, options);
  } finally {
    await fettleIn(dir, ['down']);
    rmSync(dir, { recursive: true, force: true });
  }
}

function configOf({ services, linesPerS }: CostOptions): string {
  const lines = Array.from({ length: services }, (_, index) => {
    const rate = index < talkers ? Math.round(linesPerS / talkers) : 0;
    return `  s${index}: {command: [perl, '${program}', '${rate}'], port: auto, health: {http: /, interval: 10s}}`;
  });
  return `name: cost\nservices:\n${lines.join('\n')}\n`;
}

async function measure(dir: string, options: CostOptions): Promise<Cost> {
  const daemon = readDaemonFile(statePaths(dir).daemonFile);
  const { supervisorPid = 0, controllerPid, url } = daemon ?? {};
  if (controllerPid === null || controllerPid === undefined || url === null)
    throw new RangeError('no controller');
  const pids = [supervisorPid, controllerPid] as const;
  const beganMs = performance.now();
  const before = pids.map(cpuMs);
  await delay(options.seconds * 1_000);
  const spentMs = performance.now() - beganMs;
  const [supervisorCpu = 0, controllerCpu = 0] = pids.map(
    (pid, index) => Math.round(((cpuMs(pid) - (before[index] ?? 0)) / spentMs) * 1e5) / 1e5,
  );
  const events = await get<{ events: { kind: string }[] }>(`${url}/api/v1/events?limit=1000`);
  const { incidents } = await get<{ incidents: unknown[] }>(`${url}/api/v1/incidents`);
  return {
    services: options.services,
    linesPerS: options.linesPerS,
    seconds: options.seconds,
    supervisorCpu,
    controllerCpu,
    ...memoryOf(pids),
    loadPerCore: Math.round((loadavg()[0]! / availableParallelism()) * 10) / 10,
    outsideConnections: pids.reduce((sum, pid) => sum + outsideConnections(pid), 0),
    shed: events.events.filter(({ kind }) => kind === 'collect.shed').length,
    incidents: incidents.length,
  };
}

async function get<Body>(url: string): Promise<Body> {
  return (await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json()) as Body;
}

/** Of all threads, by the scheduler's own account: ticks are too coarse for a thousandth. */
function cpuMs(pid: number): number {
  let sum = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]);
  return sum / 1e6;
}

function memoryOf([supervisor, controller]: readonly [number, number]) {
  return {
    supervisorRssMb: rollupMb(supervisor, 'Rss'),
    controllerRssMb: rollupMb(controller, 'Rss'),
    bothPssMb: Math.round((rollupMb(supervisor, 'Pss') + rollupMb(controller, 'Pss')) * 10) / 10,
  };
}

function rollupMb(pid: number, key: 'Rss' | 'Pss'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kb = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1];
  return Math.round((Number(kb) * 1_024) / 1e5) / 10;
}

function outsideConnections(pid: number): number {
  const held = listSocketInodes(pid) ?? new Map();
  return (readTcpTable() ?? []).filter(({ inode, remote, remotePort }) => {
    const host = addressText(remote);
    return held.has(inode) && remotePort !== 0 && !host.startsWith('127.') && host !== '::1';
  }).length;
}
