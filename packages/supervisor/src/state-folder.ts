/** Prepares `.fettle` and refuses one that we may not use: read-only, or another host's. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '@fettle/core/stack/service';
import { readMachineId } from '@fettle/proc/machine';
import { makeFolders } from '@fettle/sdk/daemon/make-folders';
import type { StatePaths } from '@fettle/sdk/daemon/paths';
import { FettleError } from '@fettle/sdk/fettle-error';
import { writeAtomically } from './atomic-file.ts';
import { log } from './own-log.ts';

/**
 * Returns the path under which the folder was used last; null: never, or not known. Once that is
 * settled, `signStateFolder` notes the present one.
 * @throws FettleError E-STATE-READONLY, E-STATE-HOST.
 */
export function prepareStateFolder(paths: StatePaths): string | null {
  try {
    for (const folder of [paths.stateDir, paths.runsDir, paths.logsDir]) makeFolders(folder);
    chmodSync(paths.stateDir, 0o700);
    testWritable(paths.stateDir);
  } catch (cause) {
    throw readOnly(paths.stateDir, cause);
  }
  const last = readHost(paths.hostFile);
  refuseOtherHost(paths.hostFile, last);
  prepareRuntimeFolder(paths.runtimeDir);
  return last?.stateDir ?? null;
}

/** Who uses the folder, and under which path. */
export function signStateFolder({ hostFile, stateDir }: StatePaths): void {
  const here = JSON.stringify({ ...thisHost(), stateDir });
  const last = readHost(hostFile);
  if (last !== null && JSON.stringify(last) === here) return;
  try {
    writeAtomically(hostFile, `${here}\n`);
  } catch (cause) {
    log('warn', 'host.json cannot be written', { cause });
  }
}

/** The last applied stack; null: none yet, or not readable as one. */
export function readStack(stackFile: string): Stack | null {
  try {
    const value: unknown = JSON.parse(readFileSync(stackFile, 'utf8'));
    const isStack = typeof value === 'object' && value !== null && 'services' in value;
    return isStack ? (value as Stack) : null;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      log('error', 'stack.json is not readable', { cause });
    return null;
  }
}

/** @throws FettleError E-STATE-WRITE: the disk does not take it; nothing was changed. */
export function writeStack(stackFile: string, stack: Stack): void {
  try {
    writeAtomically(stackFile, JSON.stringify(stack));
  } catch (cause) {
    throw new FettleError('E-STATE-WRITE', `cannot write ${stackFile}`, {
      hint: 'Free room on that disk, then run the command again; nothing was changed.',
      cause,
    });
  }
}

/** A full disk can be lived with (see `run-log-file.ts`); a folder that takes nothing cannot. */
function testWritable(folder: string): void {
  const file = join(folder, `.write-test.${process.pid}`);
  try {
    writeFileSync(file, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    log('warn', 'the disk of the state folder is full', { 'file.path': folder });
  } finally {
    rmSync(file, { force: true });
  }
}

function readOnly(folder: string, cause: unknown): FettleError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FettleError('E-STATE-READONLY', `cannot write to ${folder} (${reason})`, {
    hint: 'Give this user write access to the folder, or move the stack to a disk that has it.',
    cause,
  });
}

type Host = Readonly<{
  machineId: string;
  hostname: string;
  /** Absent where an earlier Fettle wrote it. */
  stateDir?: string;
}>;

function thisHost(): Host {
  return { machineId: readMachineId(), hostname: hostname() };
}

/** pids, sockets and ports of another machine mean nothing here, yet may be in use there. */
function refuseOtherHost(hostFile: string, last: Host | null): void {
  if (last === null || isSameHost(last, thisHost())) return;
  throw new FettleError('E-STATE-HOST', `the state folder was last used on ${last.hostname}`, {
    hint: `If no daemon runs it there any more, delete ${hostFile} and start again.`,
  });
}

function isSameHost(last: Host, here: Host): boolean {
  if (last.machineId !== '' && here.machineId !== '') return last.machineId === here.machineId;
  return last.hostname === here.hostname;
}

function readHost(hostFile: string): Host | null {
  try {
    const value = JSON.parse(readFileSync(hostFile, 'utf8')) as Partial<Host>;
    if (typeof value.hostname !== 'string' || typeof value.machineId !== 'string') return null;
    const { machineId, hostname, stateDir } = value;
    return { machineId, hostname, ...(typeof stateDir === 'string' ? { stateDir } : {}) };
  } catch {
    return null;
  }
}

function prepareRuntimeFolder(runtimeDir: string): void {
  try {
    makeFolders(runtimeDir);
    chmodSync(runtimeDir, 0o700);
  } catch (cause) {
    throw new FettleError('E-RUNTIME-FOLDER', `cannot use ${runtimeDir} for sockets`, {
      hint: 'Set XDG_RUNTIME_DIR to a folder of your own (mode 0700).',
      cause,
    });
  }
}
