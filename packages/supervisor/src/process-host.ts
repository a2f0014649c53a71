/**
 * Runs as processes: starts, watches, signals and ends them, and tells what happened as events.
 * Translates, never decides.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { PosixSignal } from '@fettle/core/stack/service';
import type { RunExit } from '@fettle/core/supervise/run';
import type { PortOwner } from '@fettle/core/stack/port';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { processesOfRun, readChildren } from '@fettle/proc/process-tree';
import { exitFile, pidFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { createBurstGarbage } from './burst-garbage.ts';
import { exitOfStatus, readExitRecord, readPidRecord, unknownExit } from './exit-record.ts';
import type { LiveRun } from './live-run.ts';
import { baseEnvironment, spawnRun, type SpawnRun } from './run-spawner.ts';
import { watchRuns } from './runs-watch.ts';
import { sendSignal } from './send-signal.ts';
import { pruneSpools } from './spool.ts';
import { startSweep } from './sweep.ts';
import { createTreeKiller, type Tree, type TreeKiller } from './tree-killer.ts';

export type ProcessHost = Readonly<{
  runs: ReadonlyMap<string, LiveRun>;
  start(effect: SpawnRun, place: Readonly<{ host: string; port: number | null }>): void;
  signal(token: string, posixSignal: PosixSignal): void;
  killTree(token: string): void;
  continueTree(token: string): void;
  /** Takes up runs of a former daemon, and the end of what they left. */
  adopt(runs: readonly LiveRun[], leftovers: readonly Tree[]): void;
  stop(): void;
}>;

export type HostOptions = Readonly<{
  paths: StatePaths;
  emit: (event: SuperviseEvent) => void;
  ownerOf: (port: number, host: string) => PortOwner;
  /** May the records of an ended run go? (Not while the run log is only in memory.) */
  mayForget: () => boolean;
}>;

type Host = HostOptions & {
  readonly runs: Map<string, LiveRun>;
  readonly base: Readonly<Record<string, string>>;
  /** Runs whose record is late, with the time when that was first seen. */
  readonly late: Map<string, number>;
  readonly pruning: Set<string>;
  readonly garbage: ReturnType<typeof createBurstGarbage>;
  killer: TreeKiller;
};

/** A shim that lives writes its record; after this long its service's exit is called unknown. */
const recordGraceMs = 2_000;
const pruneDelayMs = 2_000;

export function createProcessHost(options: HostOptions): ProcessHost {
  const host: Host = {
    ...options,
    runs: new Map(),
    base: baseEnvironment(process.env),
    late: new Map(),
    pruning: new Set(),
    garbage: createBurstGarbage(),
    killer: createTreeKiller((token) => treeGone(host, token)),
  };
  const watcher = watchRuns(options.paths.runsDir, (token, kind) => {
    const run = host.runs.get(token);
    if (run === undefined || run.ended) return;
    if (kind === 'pid') learnPid(host, run);
    else endByRecord(host, run);
  });
  const { runs, emit, ownerOf } = host;
  const sweep = startSweep({ runs, emit, ownerOf, look: (run) => look(host, run) });
  return {
    runs,
    start: (effect, place) => start(host, effect, place),
    signal: (token, posixSignal) => signal(host, token, posixSignal),
    killTree: (token) => killTree(host, token),
    continueTree: (token) => continueTree(host, token),
    adopt: (adopted, leftovers) => {
      for (const run of adopted) runs.set(run.token, run);
      for (const tree of leftovers) host.killer.kill(tree);
    },
    stop() {
      watcher.stop();
      sweep.stop();
      host.killer.stop();
      host.garbage.stop();
    },
  };
}

function start(
  host: Host,
  effect: SpawnRun,
  place: Readonly<{ host: string; port: number | null }>,
): void {
  const { token, instance } = effect;
  const spawned = spawnRun(effect, host.paths, host.base);
  if ('code' in spawned) {
    host.emit({ kind: 'spawn-failed', token, code: spawned.code, message: spawned.message });
    return;
  }
  const { child, shimPid, shimTicks } = spawned;
  const run: LiveRun = {
    ...place,
    token,
    instance,
    shimPid,
    shimTicks,
    child,
    memoryLimited: effect.limits.memoryBytes !== null,
    pid: null,
    pidTicks: null,
    ended: false,
    theftTold: false,
    attested: '',
  };
  host.runs.set(token, run);
  child.on('exit', (code) => shimExited(host, run, code));
  host.emit({ kind: 'run-spawned', token, pid: null, shimPid });
  pruneLater(host, instance);
  host.garbage.started();
}

function learnPid(host: Host, run: LiveRun, overdue = false): void {
  if (run.pid !== null) return;
  // A full disk refuses the record: then the shim's one child is asked for.
  const pid = readPidRecord(pidFile(host.paths, run.token)) ?? (overdue ? childOf(run) : null);
  if (pid === null) return;
  run.pid = pid;
  run.pidTicks = readProcessStat(pid)?.startTicks ?? null;
  host.emit({ kind: 'pid-learned', token: run.token, pid });
}

function childOf(run: LiveRun): number | null {
  if (run.shimPid === null || !isShim(run)) return null;
  return readChildren(run.shimPid)[0] ?? null;
}

function endByRecord(host: Host, run: LiveRun): boolean {
  const exit = readExitRecord(exitFile(host.paths, run.token));
  if (exit === null) return false;
  end(host, run, exit);
  return true;
}

function end(host: Host, run: LiveRun, exit: RunExit): void {
  if (run.ended) return;
  run.ended = true;
  host.late.delete(run.token);
  host.emit({ kind: 'run-exited', token: run.token, exit });
}

/** Our own shim ended. Its status says the same as its record, which a full disk may refuse. */
function shimExited(host: Host, run: LiveRun, code: number | null): void {
  if (run.ended || endByRecord(host, run)) return;
  if (code !== null) end(host, run, exitOfStatus(code, Date.now()));
  else look(host, run);
}

/** The sweep found no process: has it ended, and how? Also for runs whose pid is not known yet. */
function look(host: Host, run: LiveRun): void {
  if (run.ended || endByRecord(host, run)) return;
  if (run.pid === null) learnPid(host, run, true);
  const service = run.pid === null ? null : readProcessStat(run.pid);
  const sameService = run.pidTicks === null || service?.startTicks === run.pidTicks;
  if (isLive(service) && sameService) return;
  const shim = run.shimPid === null ? null : readProcessStat(run.shimPid);
  if (isLive(shim) && shim.startTicks === run.shimTicks) {
    if (shim.state === 'T') sendSignal(shim.pid, 'SIGCONT');
    if (run.pid === null) return;
    const sinceMs = host.late.get(run.token) ?? performance.now();
    host.late.set(run.token, sinceMs);
    if (performance.now() - sinceMs < recordGraceMs) return;
  }
  if (!endByRecord(host, run)) end(host, run, unknownExit(Date.now()));
}

function signal(host: Host, token: string, posixSignal: PosixSignal): void {
  const run = host.runs.get(token);
  if (run === undefined) return;
  if (posixSignal === 'SIGKILL') return killTree(host, token);
  const group = run.shimPid !== null && isShim(run) ? run.shimPid : null;
  if (group !== null) sendSignal(-group, posixSignal);
  if (run.pid === null || !isService(run)) return;
  // A service may have left its group (`setsid`): then it leads one of its own, or stands alone.
  const pgrp = readProcessStat(run.pid)?.pgrp;
  if (group === null || pgrp !== group)
    sendSignal(group !== null && pgrp === run.pid ? -run.pid : run.pid, posixSignal);
}

function killTree(host: Host, token: string): void {
  const run = host.runs.get(token);
  const { shimPid = null, shimTicks = null, ended = true } = run ?? {};
  host.killer.kill({ token, shimPid, shimTicks, ended });
}

function continueTree(host: Host, token: string): void {
  const run = host.runs.get(token);
  const groups = run !== undefined && run.shimPid !== null && isShim(run) ? [run.shimPid] : [];
  for (const pid of processesOfRun(token, groups))
    if (readProcessStat(pid)?.state === 'T') sendSignal(pid, 'SIGCONT');
}

function isShim(run: LiveRun): boolean {
  const stat = run.shimPid === null ? null : readProcessStat(run.shimPid);
  return isLive(stat) && stat.startTicks === run.shimTicks;
}

function isService(run: LiveRun): boolean {
  const stat = run.pid === null ? null : readProcessStat(run.pid);
  return isLive(stat) && (run.pidTicks === null || stat.startTicks === run.pidTicks);
}

function treeGone(host: Host, token: string): void {
  const run = host.runs.get(token);
  if (run !== undefined && !run.ended && !endByRecord(host, run))
    end(host, run, unknownExit(Date.now()));
  host.runs.delete(token);
  if (host.mayForget())
    for (const file of [exitFile(host.paths, token), pidFile(host.paths, token)])
      rmSync(file, { force: true });
  host.emit({ kind: 'tree-gone', token });
}

/** A restart is not held up by tidying. */
function pruneLater(host: Host, instance: string): void {
  if (host.pruning.has(instance)) return;
  host.pruning.add(instance);
  const timer = setTimeout(() => {
    host.pruning.delete(instance);
    const live = [...host.runs.values()].filter((run) => run.instance === instance && !run.ended);
    const keep = new Set(live.map(({ token }) => token));
    pruneSpools(join(host.paths.logsDir, instance), keep);
  }, pruneDelayMs);
  timer.unref();
}
