/**
 * Looks after all runs once a second: an exit notice that was missed, a stopped process, memory
 * against its limit, a stranger on a run's port.
 *
 * Reading one `/proc/PID/stat` costs 7 to 20 us; a round of at most `maxStatsPerTick` keeps 500
 * services within 0.1 CPU seconds a minute, both daemons together. Own children tell their end
 * themselves, so only those of others (adopted, launched) are asked (`kill 0`) more often.
 */
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { PortOwner } from '@fettle/core/stack/port';
import { attestListener } from '@fettle/proc/attest';
import { listListeners } from '@fettle/proc/listeners';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { listProcesses, withDescendants } from '@fettle/proc/process-tree';
import { readCommand } from '@fettle/proc/process-command';
import type { LiveRun } from './live-run.ts';

export type SweepOptions = Readonly<{
  runs: ReadonlyMap<string, LiveRun>;
  emit: (event: SuperviseEvent) => void;
  /** The service's process is gone, or its pid is not known yet. */
  look: (run: LiveRun) => void;
  ownerOf: (port: number, host: string) => PortOwner;
}>;

const tickMs = 1_000;
const maxStatsPerTick = 10;
/** Every child of others is asked within so many ticks, as far as `maxAsksPerTick` reaches. */
const askTicks = 3;
const maxAsksPerTick = 40;
/** Memory and ports cost more than a look at one process. */
const slowTicks = 2;
/** The kernel takes milliseconds to print its socket table; a theft waits this long at most. */
const theftTicks = 10;

export function startSweep(options: SweepOptions): Readonly<{ stop(): void }> {
  let tick = 0;
  let next = 0;
  let nextAsk = 0;
  const timer = setInterval(() => {
    tick += 1;
    const live: LiveRun[] = [];
    for (const run of options.runs.values()) if (!run.ended) live.push(run);
    nextAsk = askOthers(live, nextAsk, options);
    next = lookAtProcesses(live, next, options);
    if (tick % slowTicks === 0) sampleTrees(live, options);
    const listening = live.filter(mayLosePort);
    if (tick % theftTicks === 0) lookForTheft(listening, options);
  }, tickMs);
  return { stop: () => clearInterval(timer) };
}

/** Ours (`@controller`) tells its port only after it listens: nobody can have come first. */
function mayLosePort(run: LiveRun): boolean {
  return run.port !== null && !run.theftTold && !run.instance.startsWith('@');
}

function lookAtProcesses(live: readonly LiveRun[], from: number, options: SweepOptions): number {
  for (const run of live) if (run.pid === null) options.look(run);
  const count = Math.min(live.length, maxStatsPerTick);
  for (let at = 0; at < count; at += 1) {
    const run = live[(from + at) % live.length];
    if (run === undefined || run.pid === null || run.ended) continue;
    const stat = readProcessStat(run.pid);
    if (!isLive(stat) || (run.pidTicks !== null && stat.startTicks !== run.pidTicks))
      options.look(run);
    else if (stat.state === 'T') options.emit({ kind: 'found-stopped', token: run.token });
  }
  return live.length === 0 ? 0 : (from + count) % live.length;
}

function askOthers(live: readonly LiveRun[], from: number, { look }: SweepOptions): number {
  const count = Math.min(Math.ceil(live.length / askTicks), maxAsksPerTick);
  for (let at = 0; at < count; at += 1) {
    const run = live[(from + at) % live.length];
    if (run === undefined || run.child !== null || run.pid === null) continue;
    if (!run.ended && !exists(run.pid)) look(run);
  }
  return live.length === 0 ? 0 : (from + count) % live.length;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Memory and tasks of the whole tree: workers count against the service's limits. */
function sampleTrees(live: readonly LiveRun[], { emit }: SweepOptions): void {
  const limited = live.filter(
    ({ watched, pid }) => (watched.memory || watched.processes) && pid !== null,
  );
  if (limited.length === 0) return;
  const processes = listProcesses();
  for (const { token, pid, watched } of limited) {
    let [rssBytes, tasks] = [0, 0];
    for (const member of withDescendants([pid ?? 0], processes)) {
      rssBytes += processes.get(member)?.rssBytes ?? 0;
      tasks += processes.get(member)?.threads ?? 0;
    }
    if (watched.memory && rssBytes > 0) emit({ kind: 'memory-sampled', token, rssBytes });
    if (watched.processes && tasks > 0) emit({ kind: 'tasks-sampled', token, tasks });
  }
}

/** They listen on behalf of a container that a service started: no thieves. */
const forwarders = /^(docker-proxy|dockerd|containerd|rootlessport|slirp4netns|pasta|conmon)/;

function lookForTheft(listening: readonly LiveRun[], options: SweepOptions): void {
  if (listening.length === 0) return;
  const byPort = new Map<number, string>();
  for (const { port, inode } of listListeners() ?? [])
    byPort.set(port, `${byPort.get(port) ?? ''} ${inode}`);
  for (const run of listening) {
    const inodes = run.port === null ? undefined : byPort.get(run.port);
    if (run.port === null || inodes === undefined || inodes === run.attested) continue;
    const pids = [run.pid, run.shimPid].filter((pid) => pid !== null);
    const { host, port, token } = run;
    const { verdict, foreignPid } = attestListener({ host, port, token, pids });
    if (verdict === 'ours') run.attested = inodes;
    if (verdict !== 'foreign' || foreignPid === null) continue;
    const program = readProcessStat(foreignPid)?.name ?? readCommand(foreignPid) ?? '';
    run.attested = inodes;
    if (forwarders.test(program)) continue;
    run.theftTold = true;
    options.emit({ kind: 'port-stolen', token, port, owner: options.ownerOf(port, host) });
  }
}
