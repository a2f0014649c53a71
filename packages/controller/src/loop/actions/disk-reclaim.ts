/**
 * Frees room on the file system that `path` lies on: deletes the oldest of what `cleanup:` globs
 * list, until enough is free, and has our own logs apply their bounds.
 *
 * Irreversible: moving files aside on the same file system would free nothing. Only what the user
 * listed is ever deleted; a file that a process holds open frees nothing and is left.
 */
import { lstatSync, readdirSync, readlinkSync, statfsSync, statSync, unlinkSync } from 'node:fs';
import type { Service } from '@fettle/core/stack/service';
import { listPids } from '@fettle/proc/process-tree';
import { noMeans, noTarget } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import { counted } from './counted.ts';
import type { ActionWorld } from './action-world.ts';
import { mayDelete, reclaimableFiles, type Reclaimable } from './reclaimable.ts';
import { targetOf } from './supervised-service.ts';

/** `wantedFree`: so much of the file system shall be free afterwards, 0-1. */
export const reclaimUntil = (wantedFree: number): Action => ({
  name: 'disk.reclaim',
  describe: (params) => `free room at ${String(params['path'])} from what cleanup: lists`,
  plan(params, world) {
    const files = candidates(params, world);
    const bytes = sum(files);
    const size = `${counted(files.length, 'file')}, ${Math.round(bytes / 1_048_576)} MiB`;
    const targets = params['target'] === undefined ? [] : [targetOf(params)];
    const lacks = files.length === 0 ? 'a `cleanup:` glob that lists a file there' : null;
    const [first] = files;
    const command =
      first === undefined
        ? `du -x -h --max-depth 2 ${String(params['path'])}`
        : `rm ${first.path}   # and the next oldest, until 15 % is free`;
    const text = `delete the oldest of ${size} that cleanup: lists`;
    return Promise.resolve(plan(text, command, targets, lacks));
  },
  capture(params, world) {
    const files = candidates(params, world);
    if (files.length === 0)
      throw noMeans('nothing there is listed under `cleanup:`', 'Free room by hand.');
    const freeBefore = freeRatio(params);
    return Promise.resolve({ freeBefore, files: files.length, bytes: sum(files) });
  },
  async apply(params, _capture, { world, signal }) {
    await world.logs?.sweep();
    const services = servicesOf(params, world);
    const open = openFiles();
    let count = 0;
    let bytes = 0;
    for (const file of candidates(params, world)) {
      if (signal.aborted || freeRatio(params) >= wantedFree) break;
      if (!remove(file, services, open, world)) continue;
      count += 1;
      bytes += file.bytes;
    }
    const percent = Math.round(freeRatio(params) * 100);
    const mib = Math.round(bytes / 1_048_576);
    return `${counted(count, 'file')} deleted, ${mib} MiB; ${percent} % is free now`;
  },
  undo: null,
  // To delete more of what may be deleted, until enough is free, does no harm.
  observe: (params) => Promise.resolve(freeRatio(params) >= wantedFree ? 'done' : 'not-done'),
});

export const diskReclaim = reclaimUntil(0.15);

function remove(
  { path, modifiedMs }: Reclaimable,
  services: readonly Service[],
  open: ReadonlySet<string>,
  world: ActionWorld,
): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.mtimeMs !== modifiedMs) return false;
  if (open.has(`${stat.dev}:${stat.ino}`) || !mayDelete(path, services, world)) return false;
  try {
    unlinkSync(path);
    return true;
  } catch {
    // Not ours to delete after all: the next one may be.
    return false;
  }
}

function candidates(params: ActParams, world: ActionWorld): readonly Reclaimable[] {
  return reclaimableFiles(servicesOf(params, world), placeOf(params).dev, world);
}

/** Of the target only, or of all: the one that writes is not always the one that suffers. */
function servicesOf(params: ActParams, world: ActionWorld): readonly Service[] {
  const all = world.link.stack()?.services ?? [];
  const only = all.filter(({ name }) => name === params['target']);
  return only.some(({ cleanup = [] }) => cleanup.length > 0) ? only : all;
}

function placeOf(params: ActParams) {
  const stat = statSync(String(params['path']), { throwIfNoEntry: false });
  if (stat === undefined)
    throw noTarget(`there is no ${String(params['path'])}`, 'Name a folder on the full disk.');
  return stat;
}

function freeRatio(params: ActParams): number {
  const { bavail, blocks, bfree, ffree, files } = statfsSync(String(params['path']));
  if (params['inodes'] === true) return files === 0 ? 1 : ffree / files;
  // What only root may use counts neither as free nor as the whole.
  const usable = blocks - bfree + bavail;
  return usable === 0 ? 1 : bavail / usable;
}

/** `dev:inode` of every file that a readable process holds open. */
function openFiles(): ReadonlySet<string> {
  const open = new Set<string>();
  for (const pid of listPids()) for (const id of openFilesOf(pid)) open.add(id);
  return open;
}

function* openFilesOf(pid: number): Iterable<string> {
  let names: readonly string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return;
  }
  for (const name of names) {
    const path = `/proc/${pid}/fd/${name}`;
    try {
      if (!readlinkSync(path).startsWith('/')) continue;
      const { dev, ino } = statSync(path);
      yield `${dev}:${ino}`;
    } catch {
      // Closed meanwhile.
    }
  }
}

function sum(files: readonly Reclaimable[]): number {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}
