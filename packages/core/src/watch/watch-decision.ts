/**
 * Decides when changes of files lead to an act: once they have come to rest, so that a burst is one
 * restart, and never in a circle: a file that the service itself writes at each of its starts would
 * restart it for ever, and one that never rests would keep it from ever being restarted.
 */
import type { WatchRule } from '../stack/watch-rule.ts';

export type WatchMemory = {
  /** How often each file changed since the last act; absolute paths. */
  readonly pending: Map<string, number>;
  firstMs: number;
  lastMs: number;
  /** The last act; -Infinity: none yet. */
  actedMs: number;
  /** Acts in a row that followed the one before too soon to be a person's doing. */
  echoes: number;
  /** Files that do not count any more. */
  readonly muted: Set<string>;
};

export type WatchVerdict =
  | Readonly<{ kind: 'rest' }>
  | Readonly<{ kind: 'wait'; forMs: number }>
  /** `count`: of all files; `files`: the first of them. */
  | Readonly<{ kind: 'act'; files: readonly string[]; count: number }>
  /** `echo`: written at each start; `restless`: written all the time. */
  | Readonly<{ kind: 'mute'; why: 'echo' | 'restless'; files: readonly string[] }>;

/** A change so soon after an act is likely its own doing. */
export const ECHO_MS = 3_000;
/** After so many in a row it is taken for granted. */
export const MAX_ECHOES = 3;
/** Changes that have not come to rest in this time never will. */
export const RESTLESS_MS = 30_000;
/** More files are only counted. */
const FILES_NAMED = 20;
const MAX_PENDING = 20_000;

export function newWatchMemory(): WatchMemory {
  return {
    pending: new Map(),
    firstMs: 0,
    lastMs: 0,
    actedMs: -Infinity,
    echoes: 0,
    muted: new Set(),
  };
}

export function noteChange(memory: WatchMemory, path: string, nowMs: number): void {
  if (memory.muted.has(path)) return;
  if (memory.pending.size === 0) memory.firstMs = nowMs;
  memory.lastMs = nowMs;
  if (memory.pending.size < MAX_PENDING || memory.pending.has(path))
    memory.pending.set(path, (memory.pending.get(path) ?? 0) + 1);
}

export function decideWatch(
  memory: WatchMemory,
  { debounceMs, action }: Pick<WatchRule, 'debounceMs' | 'action'>,
  nowMs: number,
): WatchVerdict {
  if (memory.pending.size === 0) return { kind: 'rest' };
  const leftMs = memory.lastMs + debounceMs - nowMs;
  if (leftMs > 0) {
    if (nowMs - memory.firstMs <= RESTLESS_MS) return { kind: 'wait', forMs: leftMs };
    return mute(memory, [busiest(memory)], 'restless', nowMs);
  }
  const isEcho = action !== 'none' && memory.firstMs - memory.actedMs <= ECHO_MS;
  memory.echoes = isEcho ? memory.echoes + 1 : 0;
  if (memory.echoes >= MAX_ECHOES) return mute(memory, [...memory.pending.keys()], 'echo', nowMs);
  const count = memory.pending.size;
  const files = [...memory.pending.keys()].slice(0, FILES_NAMED);
  memory.pending.clear();
  memory.actedMs = nowMs;
  return { kind: 'act', files, count };
}

function mute(
  memory: WatchMemory,
  files: readonly string[],
  why: 'echo' | 'restless',
  nowMs: number,
): WatchVerdict {
  for (const path of files) {
    memory.muted.add(path);
    memory.pending.delete(path);
  }
  memory.firstMs = nowMs;
  memory.echoes = 0;
  return { kind: 'mute', why, files: files.slice(0, FILES_NAMED) };
}

function busiest({ pending }: WatchMemory): string {
  let [found, most] = ['', 0];
  for (const [path, count] of pending) if (count > most) [found, most] = [path, count];
  return found;
}
