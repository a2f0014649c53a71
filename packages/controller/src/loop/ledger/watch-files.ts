/**
 * Notices that one of many files changed: by inotify at once, by a look every few seconds when the
 * watch missed it or there is none. Files are watched, not folders: a folder into which a service
 * logs would wake us with every line.
 */
import { statSync, watch, type FSWatcher, type Stats } from 'node:fs';

export type FileWatch = Readonly<{
  /** Watch exactly these. */
  set(paths: ReadonlySet<string>): void;
  stop(): void;
}>;

export type WatchOptions = Readonly<{
  /** The file may have another content, or be gone, or be there again. */
  onChange: (path: string) => void;
  everyMs: number;
}>;

type Watched = { watcher: FSWatcher | null; mark: string };

/** Editors write in several steps. */
const settleMs = 50;
const costShare = 1 / 5_000;

export function watchFiles({ onChange, everyMs }: WatchOptions): FileWatch {
  const files = new Map<string, Watched>();
  const due = new Map<string, NodeJS.Timeout>();
  let timer: NodeJS.Timeout | null = null;

  const look = (path: string): void => {
    const file = files.get(path);
    if (file === undefined) return;
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts !== undefined) file.watcher ??= open(path);
    const mark = markOf(facts);
    if (mark === file.mark) return;
    file.mark = mark;
    onChange(path);
  };
  const open = (path: string): FSWatcher | null => {
    try {
      const watcher = watch(path, { persistent: false }, (event) => {
        // The watch follows the old file, not its name.
        if (event === 'rename') drop(path);
        if (due.has(path)) return;
        due.set(
          path,
          setTimeout(() => {
            due.delete(path);
            look(path);
          }, settleMs).unref(),
        );
      });
      watcher.on('error', () => drop(path));
      return watcher;
    } catch {
      // No watch to be had (limit reached, file not there): the regular look finds it.
      return null;
    }
  };
  const drop = (path: string): void => {
    const file = files.get(path);
    file?.watcher?.close();
    if (file !== undefined) file.watcher = null;
  };
  const lookAtAll = (): void => {
    const beganMs = performance.now();
    for (const path of files.keys()) look(path);
    const costMs = performance.now() - beganMs;
    timer = setTimeout(lookAtAll, Math.max(everyMs, costMs / costShare)).unref();
  };
  timer = setTimeout(lookAtAll, everyMs).unref();
  return {
    set(paths) {
      for (const path of files.keys())
        if (!paths.has(path)) {
          drop(path);
          files.delete(path);
        }
      for (const path of paths) {
        if (files.has(path)) continue;
        const facts = statSync(path, { throwIfNoEntry: false });
        const watcher = facts === undefined ? null : open(path);
        files.set(path, { watcher, mark: markOf(facts) });
      }
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      for (const one of due.values()) clearTimeout(one);
      for (const path of files.keys()) drop(path);
      files.clear();
    },
  };
}

function markOf(facts: Stats | undefined): string {
  if (facts === undefined) return '';
  return `${facts.ino}:${facts.size}:${facts.mtimeMs}:${facts.ctimeMs}`;
}
