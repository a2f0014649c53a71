/**
 * Finds what a former daemon left: before anything is spawned, /proc is searched for run tokens of
 * this stack and compared with the run log and the exit records.
 *
 * The scan is what is believed: a child that was spawned in the instant before a `kill -9` has no
 * `started` line, but it carries its token.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Survivor } from '@fettle/core/supervise/event';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { readArguments, readVariable } from '@fettle/proc/process-command';
import { isLive, readProcessStat } from '@fettle/proc/process-stat';
import { listProcesses, listRunTokens } from '@fettle/proc/process-tree';
import { birthFiles, readBirths, recordedPid } from '@fettle/sdk/daemon/birth-record';
import { exitFile, pidFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import type { AdoptedContainer } from './container-host.ts';
import { readExitRecord, readPidRecord, unknownExit } from './exit-record.ts';
import { isLauncherToken } from './launcher.ts';
import type { LiveRun } from './live-run.ts';
import { sendSignal } from './send-signal.ts';
import { shimName } from './shim-script.ts';
import type { Tree } from './tree-killer.ts';

export type Adoption = Readonly<{
  /** The log without runs that were intended and never came to be. */
  entries: readonly RunLogEntry[];
  survivors: readonly Survivor[];
  runs: readonly Omit<LiveRun, 'host' | 'watched' | 'held'>[];
  /** Containers that were started and whose end nobody noted: the keeper asks how they are. */
  containers: readonly AdoptedContainer[];
  /** What is left of runs that ended under a former daemon. */
  leftovers: readonly Tree[];
}>;

type Known = {
  instance: string;
  port: number | null;
  shimPid: number | null;
  shimTicks: number | null;
  ended: boolean;
};
type Scan = ReadonlyMap<string, readonly number[]>;

/** A shim that is between two of its lines gets this long, all of them together. */
const settleMs = 500;
/** A killed launcher is gone at once, unless the machine stands still. */
const launcherMs = 1_000;

export function adopt(paths: StatePaths, log: readonly RunLogEntry[], bootId: string): Adoption {
  const { containers, known } = withoutContainers(log, foldLog(log, bootId));
  const epochs = new Set(log.flatMap((one) => (one.kind === 'daemon' ? [one.epoch] : [])));
  endLaunchers(paths.hash);
  const scan = scanTokens((token) => isOurs(token, epochs, paths.hash));
  for (const [token, pids] of scan) if (!known.has(token)) known.set(token, foundOnly(pids));
  const births = readAllBirths(paths.runsDir);
  const deadlineMs = performance.now() + settleMs;
  const survivors: Survivor[] = [];
  const runs: Adoption['runs'][number][] = [];
  const leftovers: Tree[] = [];
  const neverBorn = new Set<string>();
  for (const [token, one] of known) {
    const pids = scan.get(token) ?? [];
    const shimPid = findShim(one, pids);
    const shimTicks = shimPid === null ? null : (readProcessStat(shimPid)?.startTicks ?? null);
    if (one.ended) {
      if (pids.length > 0) leftovers.push({ token, shimPid, shimTicks, ended: true });
      continue;
    }
    const born = births.get(token) ?? null;
    const fate = awaitFate(paths, { token, shimPid, born }, deadlineMs);
    if (fate === 'never-born' && pids.length === 0) {
      neverBorn.add(token);
      continue;
    }
    const pid = typeof fate === 'number' ? fate : null;
    const exit = typeof fate === 'object' ? fate : pid === null ? unknownExit(Date.now()) : null;
    survivors.push({ token, instance: one.instance, pid, shimPid, exit, port: one.port });
    const pidTicks = pid === null ? null : (readProcessStat(pid)?.startTicks ?? null);
    const { instance, port } = one;
    const ended = exit !== null;
    runs.push({
      token,
      instance,
      port,
      shimPid,
      shimTicks,
      pid,
      pidTicks,
      child: null,
      born: true,
      ended,
      theftTold: false,
      attested: '',
    });
  }
  for (const { token, instance } of containers) {
    const port = openContainer(log, token);
    survivors.push({ token, instance, pid: null, shimPid: null, exit: null, port });
  }
  const spoken = [...survivors, ...leftovers].map(({ token }) => token);
  dropRecords(paths.runsDir, new Set(spoken));
  const entries = log.filter((entry) => !('token' in entry && neverBorn.has(entry.token)));
  return { entries, survivors, runs, containers, leftovers };
}

/** No scan of /proc finds them: each is taken to live until the engine was asked. */
function withoutContainers(
  log: readonly RunLogEntry[],
  known: Map<string, Known>,
): Readonly<{ containers: readonly AdoptedContainer[]; known: Map<string, Known> }> {
  const containers: AdoptedContainer[] = [];
  for (const entry of log) {
    if (entry.kind !== 'intent' || entry.container !== true) continue;
    const { token, instance } = entry;
    if (known.get(token)?.ended === false) containers.push({ token, instance });
    known.delete(token);
  }
  return { containers, known };
}

function openContainer(log: readonly RunLogEntry[], wanted: string): number | null {
  for (const entry of log) if (entry.kind === 'intent' && entry.token === wanted) return entry.port;
  return null;
}

/** A daemon that died between noting an end and tidying left records that nobody reads again. */
function dropRecords(runsDir: string, keep: ReadonlySet<string>): void {
  for (const name of readdirSync(runsDir)) {
    const token = name.replace(/\.(pid|exit|oom|notify)$/, '');
    if (token !== name && !keep.has(token)) rmSync(join(runsDir, name), { force: true });
  }
  for (const file of birthFiles(runsDir))
    if (!readBirths(file).some(({ token }) => keep.has(token))) rmSync(file, { force: true });
}

/** `<8 digits of the state folder's hash><time><random>`: known as ours also without a run log. */
export function isOurs(token: string, epochs: ReadonlySet<string>, hash: string): boolean {
  const epoch = token.slice(0, Math.max(0, token.lastIndexOf('-')));
  return epochs.has(epoch) || (epoch !== '' && token.startsWith(hash.slice(0, 8)));
}

function readAllBirths(runsDir: string): ReadonlyMap<string, number> {
  const births = birthFiles(runsDir).flatMap(readBirths);
  return new Map(births.map(({ token, pid }) => [token, pid]));
}

function foldLog(log: readonly RunLogEntry[], bootId: string): Map<string, Known> {
  const known = new Map<string, Known>();
  let sameBoot = false;
  for (const entry of log) {
    if (entry.kind === 'daemon') sameBoot = entry.bootId === bootId;
    else if (entry.kind === 'intent') {
      const { instance, port } = entry;
      known.set(entry.token, { instance, port, shimPid: null, shimTicks: null, ended: false });
    } else if (entry.kind === 'started' && sameBoot) {
      const one = known.get(entry.token);
      if (one !== undefined) {
        one.shimPid = entry.shimPid;
        one.shimTicks = entry.startTicks;
      }
    } else if (entry.kind === 'ended') {
      const one = known.get(entry.token);
      if (one !== undefined) one.ended = true;
    }
  }
  return known;
}

/**
 * A former daemon may have left a shell that is about to start runs. What has not left the shell's
 * group was never born; what has is found by its token.
 */
function endLaunchers(hash: string): void {
  const untilMs = performance.now() + launcherMs;
  for (;;) {
    const processes = listProcesses();
    const ours = [...listRunTokens(processes)].filter(([, token]) => isLauncherToken(token, hash));
    if (ours.length === 0 || performance.now() > untilMs) return;
    for (const group of new Set(ours.map(([pid]) => processes.get(pid)?.pgrp ?? pid)))
      sendSignal(-group, 'SIGKILL');
    pause(2);
  }
}

function scanTokens(ours: (token: string) => boolean): Scan {
  const byToken = new Map<string, number[]>();
  for (const [pid, token] of listRunTokens(listProcesses())) {
    if (pid === process.pid || !ours(token)) continue;
    const pids = byToken.get(token);
    if (pids === undefined) byToken.set(token, [pid]);
    else pids.push(pid);
  }
  return byToken;
}

/** The log was lost: the processes themselves say whose they are. */
function foundOnly(pids: readonly number[]): Known {
  const first = (name: string): string | null => {
    for (const pid of pids) {
      const value = readVariable(pid, name);
      if (value !== null) return value;
    }
    return null;
  };
  const port = Number(first('PORT') ?? Number.NaN);
  return {
    instance: first('FETTLE_INSTANCE') ?? 'unknown.1',
    port: Number.isInteger(port) ? port : null,
    shimPid: null,
    shimTicks: null,
    ended: false,
  };
}

function findShim(one: Known, pids: readonly number[]): number | null {
  if (one.shimPid !== null && pids.includes(one.shimPid)) return one.shimPid;
  return pids.find((pid) => readArguments(pid)?.[3] === shimName && isLeader(pid)) ?? null;
}

function isLeader(pid: number): boolean {
  return readProcessStat(pid)?.session === pid;
}

type Fate = number | NonNullable<Survivor['exit']> | 'lost' | 'never-born';

/** The service's pid, how it ended, or neither; waits for a shim that is about to say. */
function awaitFate(
  paths: StatePaths,
  {
    token,
    shimPid,
    born,
  }: Readonly<{ token: string; shimPid: number | null; born: number | null }>,
  deadlineMs: number,
): Fate {
  for (let known = born; ; known ??= recordedPid(paths.runsDir, token)) {
    const exit = readExitRecord(exitFile(paths, token));
    if (exit !== null) return exit;
    const pid = known ?? readPidRecord(pidFile(paths, token));
    if (pid !== null && carries(pid, token, shimPid)) return pid;
    const shim = shimPid === null ? null : readProcessStat(shimPid);
    if (!isLive(shim) || performance.now() > deadlineMs) {
      // Between our two reads the shim may have written and gone.
      const late = readExitRecord(exitFile(paths, token));
      return late ?? (pid === null && !isLive(shim) ? 'never-born' : 'lost');
    }
    if (shim.state === 'T') process.kill(shim.pid, 'SIGCONT');
    pause(2);
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A pid may have been given to somebody else since: it must carry the token or be the child. */
function carries(pid: number, token: string, shimPid: number | null): boolean {
  const stat = readProcessStat(pid);
  if (!isLive(stat)) return false;
  return readVariable(pid, 'FETTLE_RUN') === token || (shimPid !== null && stat.ppid === shimPid);
}
