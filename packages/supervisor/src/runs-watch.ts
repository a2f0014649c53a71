/** Hears of records that shims write: one watch on the folder, a hint that the record confirms. */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { log } from './own-log.ts';

export type RunsWatch = Readonly<{ stop(): void }>;

/** Without a watch (no inotify instance left) the sweep and our own children's ends remain. */
export function watchRuns(
  runsDir: string,
  onRecord: (token: string, kind: 'pid' | 'exit') => void,
  onBirths: (file: string) => void,
): RunsWatch {
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(runsDir, (_, name) => {
      if (name === null) return;
      const dot = name.lastIndexOf('.');
      const kind = name.slice(dot + 1);
      if (kind === 'pid' || kind === 'exit') onRecord(name.slice(0, dot), kind);
      else if (kind === 'born') onBirths(join(runsDir, name));
    });
    watcher.on('error', (cause) => log('error', 'watch on runs ended', { cause }));
  } catch (cause) {
    log('error', 'no watch on runs: exits are noticed within a second', { cause });
  }
  return { stop: () => watcher?.close() };
}
