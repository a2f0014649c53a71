/**
 * A control group for each run that has limits: made before the run, joined by the service (never
 * by its shim, which must outlive an out-of-memory kill), gone after the last of its tree.
 *
 * What the kernel cannot hold here is watched instead; no start fails because of it. Groups are
 * named after the run's token, so that the next daemon finds them by asking where a process is.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Limits } from '@fettle/core/stack/service';
import { limitsAsked, type HeldLimit, type LimitName } from '@fettle/core/supervise/held-limit';
import { openBase, reasonOf, type Controller, type GroupBase, type NoBase } from './group-base.ts';
import { folderOf, groupPaths, hierarchiesOf, type Hierarchy } from './hierarchies.ts';

export type RunGroup = Readonly<{
  /** Whose `cgroup.procs` the service joins. */
  folders: readonly string[];
  /** Counts kills for want of memory in a line `oom_kill N`; null: not known. */
  oomFile: string | null;
  held: readonly HeldLimit[];
}>;

export type LimitGroups = Readonly<{
  make(token: string, limits: Limits): RunGroup;
  /** Of a run that a former daemon started. */
  adopt(token: string, pid: number, limits: Limits): readonly HeldLimit[];
  /** Everything alive in the groups of a run. */
  pids(token: string): readonly number[];
  /** Its tree is gone. */
  remove(token: string): void;
  /** The stack is down. */
  close(): void;
}>;

export type GroupOptions = Readonly<{
  /** 16 hex digits of the state folder. */
  hash: string;
  /** false: everything is watched (FETTLE_CGROUPS=off). */
  enabled: boolean;
  /** Reads a file of /proc/self or of /proc/PID. */
  proc?: (file: string) => string;
}>;

const controllerOf: Readonly<Partial<Record<LimitName, Controller>>> = {
  memory: 'memory',
  cpus: 'cpu',
  processes: 'pids',
};

const periodUs = 100_000;
/** The kernel refuses less. */
const leastQuotaUs = 1_000;

export function createLimitGroups({ hash, enabled, proc = readProc }: GroupOptions): LimitGroups {
  const name = `fettle-${hash.slice(0, 8)}`;
  const bases = new Map<Controller, GroupBase | NoBase>();
  const folders = new Map<string, readonly string[]>();
  /** Folders that were still in use when they should have gone. */
  const late = new Set<string>();
  let found: readonly Hierarchy[] | null = null;
  const hierarchies = (): readonly Hierarchy[] => {
    found ??= readOr([], () => hierarchiesOf(proc('self/mountinfo'), proc('self/cgroup')));
    return found;
  };
  const baseOf = (controller: Controller): GroupBase | NoBase => {
    const known = bases.get(controller);
    if (known !== undefined) return known;
    const base = enabled
      ? openBase(controller, hierarchies(), name)
      : ({ kind: 'none', why: 'switched off by FETTLE_CGROUPS' } as const);
    // What a former daemon left: a group in use stays as it is.
    if (base.kind === 'base')
      for (const old of readOr([], () => readdirSync(base.folder)))
        tryRemove(join(base.folder, old));
    bases.set(controller, base);
    return base;
  };
  const drop = (folder: string): void => {
    if (tryRemove(folder)) late.delete(folder);
    else late.add(folder);
  };
  return {
    make(token, limits) {
      const joined = new Set<string>();
      const held: HeldLimit[] = [];
      let oomFile: string | null = null;
      for (const [limit, value] of limitsAsked(limits)) {
        const controller = controllerOf[limit];
        if (controller === undefined) {
          held.push({ limit, value, by: 'rlimit', why: null });
          continue;
        }
        const base = baseOf(controller);
        const trouble = base.kind === 'none' ? base.why : setLimit(base, token, [limit, value]);
        if (trouble !== null || base.kind === 'none') {
          held.push({ limit, value, by: 'watched', why: trouble });
          continue;
        }
        const folder = join(base.folder, token);
        joined.add(folder);
        if (limit === 'memory') oomFile = join(folder, oomFileName[base.version]);
        held.push({ limit, value, by: `cgroup v${base.version}`, why: null });
      }
      if (joined.size > 0) folders.set(token, [...joined]);
      return { folders: [...joined], oomFile, held };
    },
    adopt(token, pid, limits) {
      const paths = readOr(new Map<string, string>(), () => groupPaths(proc(`${pid}/cgroup`)));
      const mine = new Set<string>();
      const held = [...limitsAsked(limits)].map(([limit, value]): HeldLimit => {
        const controller = controllerOf[limit];
        if (controller === undefined) return { limit, value, by: 'rlimit', why: null };
        const place = placeOf(hierarchies(), controller, paths);
        if (place === null || basename(place.folder) !== token)
          return { limit, value, by: 'watched', why: 'it was started without a group' };
        mine.add(place.folder);
        return { limit, value, by: `cgroup v${place.version}`, why: null };
      });
      if (mine.size > 0) folders.set(token, [...mine]);
      return held;
    },
    pids: (token) => (folders.get(token) ?? []).flatMap(membersOf),
    remove(token) {
      for (const folder of folders.get(token) ?? []) late.add(folder);
      folders.delete(token);
      for (const folder of late) drop(folder);
    },
    close() {
      for (const folder of late) drop(folder);
      for (const base of bases.values()) if (base.kind === 'base') tryRemove(base.folder);
    },
  };
}

const oomFileName = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

type Asked = readonly [LimitName, number];

/** @returns why it could not be set; null: it is. */
function setLimit({ version, folder }: GroupBase, token: string, asked: Asked): string | null {
  const group = join(folder, token);
  try {
    mkdirSync(group, { recursive: true });
    for (const { file, text, optional } of settingsOf(version, asked))
      try {
        writeFileSync(join(group, file), text, { flag: 'r+' });
      } catch (error) {
        if (!optional) throw error;
      }
    return null;
  } catch (error) {
    return `${group}: ${reasonOf(error)}`;
  }
}

type Setting = Readonly<{ file: string; text: string; optional: boolean }>;

/** Swap would only hide that the limit is reached; kernels without an account of it refuse it. */
function settingsOf(version: 1 | 2, [limit, value]: Asked): readonly Setting[] {
  const set = (file: string, text: string, optional = false): Setting => ({ file, text, optional });
  const quotaUs = Math.max(leastQuotaUs, Math.round(value * periodUs));
  switch (limit) {
    case 'memory':
      return version === 1
        ? [
            set('memory.limit_in_bytes', `${value}`),
            set('memory.memsw.limit_in_bytes', `${value}`, true),
          ]
        : [
            set('memory.max', `${value}`),
            set('memory.swap.max', '0', true),
            set('memory.oom.group', '1', true),
          ];
    case 'cpus':
      return version === 1
        ? [set('cpu.cfs_period_us', `${periodUs}`), set('cpu.cfs_quota_us', `${quotaUs}`)]
        : [set('cpu.max', `${quotaUs} ${periodUs}`)];
    case 'processes':
      return [set('pids.max', `${value}`)];
    case 'open-files':
      return [];
    default:
      return limit satisfies never;
  }
}

function placeOf(
  hierarchies: readonly Hierarchy[],
  controller: Controller,
  paths: ReadonlyMap<string, string>,
): Readonly<{ version: 1 | 2; folder: string }> | null {
  const one =
    hierarchies.find(({ controllers }) => controllers.includes(controller)) ??
    hierarchies.find(({ version }) => version === 2);
  const folder =
    one === undefined
      ? null
      : folderOf(one, paths.get(one.version === 2 ? '' : controller) ?? null);
  return one === undefined || folder === null ? null : { version: one.version, folder };
}

function membersOf(folder: string): readonly number[] {
  const text = readOr('', () => readFileSync(join(folder, 'cgroup.procs'), 'utf8'));
  return text.split('\n').filter(Boolean).map(Number);
}

/** A group's folder is removed as it is: its files are no files. */
function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

function readProc(file: string): string {
  return readFileSync(join('/proc', file), 'utf8');
}

function readOr<Value>(fallback: Value, read: () => Value): Value {
  try {
    return read();
  } catch {
    return fallback;
  }
}
