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
import { type Birth, readBirths } from '@fettle/sdk/daemon/birth-record';
import { exitFile, pidFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import { createBurstGarbage } from './burst-garbage.ts';
import {
  exitOfStatus,
  oomFileOf,
  readExitRecord,
  readPidRecord,
  unknownExit,
} from './exit-record.ts';
import { createLauncher, type Launcher, launcherToken } from './launcher.ts';
import type { LimitGroups } from './limits/limit-groups.ts';
import { watchedOf, type LiveRun } from './live-run.ts';
import { notifyLeftovers } from './notify-socket.ts';
import type { RunHost, RunPlace, StartRun } from './run-host.ts';
import { baseEnvironment, spawnRun } from './run-spawner.ts';
import { watchRuns } from './runs-watch.ts';
import { sendSignal } from './send-signal.ts';
import { pruneSpools } from './spool.ts';
import { startSweep } from './sweep.ts';
import type { WrittenTemplate } from './template-files.ts';
import { createTreeKiller, type Tree, type TreeKiller } from './tree-killer.ts';

export type ProcessHost = RunHost &
  Readonly<{
    runs: ReadonlyMap<string, LiveRun>;
    /** Takes up runs of a former daemon, and the end of what they left. */
    adopt(runs: readonly LiveRun[], leftovers: readonly Tree[]): void;
  }>;

export type HostOptions = Readonly<{
  paths: StatePaths;
  emit: (event: SuperviseEvent) => void;
  ownerOf: (port: number, host: string) => PortOwner;
  groups: LimitGroups;
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
  readonly launcher: Launcher;
  /** Files of births that were written to in this turn of the loop. */
  readonly births: Set<string>;
  /** To be killed as soon as they are born, with the time when that was first asked. */
  readonly doomed: Map<string, number>;
  killer: TreeKiller;
};

/** A shim that lives writes its record; after this long its service's exit is called unknown. */
const recordGraceMs = 2_000;
const pruneDelayMs = 2_000;
/** The policy asks for a kill again every 2 s. */
const birthGraceMs = 3_000;

export function createProcessHost(options: HostOptions): ProcessHost {
  const base = baseEnvironment(process.env);
  const { hash, runsDir } = options.paths;
  const host: Host = {
    ...options,
    runs: new Map(),
    base,
    launcher: createLauncher({ runsDir, token: launcherToken(hash), base }),
    births: new Set(),
    doomed: new Map(),
    late: new Map(),
    pruning: new Set(),
    garbage: createBurstGarbage(),
    killer: createTreeKiller((token) => treeGone(host, token), options.groups.pids),
  };
  const onRecord = (token: string, kind: 'pid' | 'exit'): void => {
    const run = host.runs.get(token);
    if (run === undefined || run.ended) return;
    if (kind === 'pid') learnPid(host, run);
    else endByRecord(host, run);
  };
  const watcher = watchRuns(runsDir, onRecord, (file) => takeBirths(host, file));
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
      host.launcher.adopt(new Set(runs.keys()));
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

function start(host: Host, effect: StartRun, { crowd, ...place }: RunPlace): void {
  const { token, instance } = effect;
  const { paths, base } = host;
  const launcher = crowd === null ? null : host.launcher;
  const group = host.groups.make(token, effect.limits);
  const onWritten = (written: WrittenTemplate): void =>
    host.emit({ kind: 'template-written', instance, ...written });
  const spawned = spawnRun(effect, { paths, base, launcher, group, onWritten });
  if (crowd === 'last') host.launcher.send();
  if (spawned !== 'launched' && 'code' in spawned) {
    host.groups.remove(token);
    host.emit({ kind: 'spawn-failed', token, code: spawned.code, message: spawned.message });
    return;
  }
  const isBorn = spawned !== 'launched';
  const run: LiveRun = {
    ...place,
    token,
    instance,
    shimPid: isBorn ? spawned.shimPid : null,
    shimTicks: isBorn ? spawned.shimTicks : null,
    child: isBorn ? spawned.child : null,
    born: isBorn,
    watched: watchedOf(group.held),
    held: group.held,
    pid: null,
    pidTicks: null,
    ended: false,
    theftTold: false,
    attested: '',
  };
  host.runs.set(token, run);
  if (isBorn) {
    spawned.child.on('exit', (code) => shimExited(host, run, code));
    const { held } = run;
    host.emit({ kind: 'run-spawned', token, pid: null, shimPid: spawned.shimPid, held });
  }
  pruneLater(host, instance);
  host.garbage.started();
}

/** Read once however many lines were added in this turn. */
function takeBirths(host: Host, file: string): void {
  if (host.births.has(file)) return;
  host.births.add(file);
  setImmediate(() => {
    host.births.delete(file);
    for (const birth of readBirths(file)) takeBirth(host, birth);
  });
}

function takeBirth(host: Host, { token, pid, shimPid }: Birth): void {
  const run = host.runs.get(token);
  if (run === undefined && host.doomed.delete(token))
    // Given up before it was born.
    host.killer.kill({ token, shimPid: null, shimTicks: null, ended: true });
  if (run === undefined || run.born) return;
  run.born = true;
  run.pid = pid;
  run.pidTicks = readProcessStat(pid)?.startTicks ?? null;
  const shim = readProcessStat(shimPid);
  if (shim?.session === shimPid) {
    run.shimPid = shimPid;
    run.shimTicks = shim.startTicks;
  }
  host.emit({ kind: 'run-spawned', token, pid, shimPid, held: run.held });
  if (host.doomed.delete(token)) killTree(host, token);
}

function seekBirth(host: Host, { token }: LiveRun): void {
  const file = host.launcher.birthsOf(token);
  const birth = file === null ? undefined : readBirths(file).find((one) => one.token === token);
  if (birth !== undefined) takeBirth(host, birth);
}

function learnPid(host: Host, run: LiveRun, overdue = false): void {
  if (!run.born) return seekBirth(host, run);
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
  if (!run.born) learnPid(host, run);
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
  // The policy gives it time to be born, and has it killed after that.
  if (!run.born) return;
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
  const { shimPid = null, shimTicks = null, ended = true, born = true } = run ?? {};
  if (!born && !isOverdue(host, token)) return;
  host.killer.kill({ token, shimPid, shimTicks, ended });
}

/** Who is not born cannot be killed: it is done at birth, or given up when that does not come. */
function isOverdue(host: Host, token: string): boolean {
  const nowMs = performance.now();
  const sinceMs = host.doomed.get(token) ?? nowMs;
  host.doomed.set(token, sinceMs);
  return nowMs - sinceMs > birthGraceMs;
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
  host.groups.remove(token);
  if (host.mayForget())
    for (const file of recordsOf(host.paths, token)) rmSync(file, { force: true });
  if (host.mayForget()) host.launcher.forget(token);
  host.emit({ kind: 'tree-gone', token });
}

function recordsOf(paths: StatePaths, token: string): readonly string[] {
  const exit = exitFile(paths, token);
  const own = [exit, oomFileOf(exit), pidFile(paths, token)];
  return [...own, ...notifyLeftovers(paths, token)];
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
