/**
 * The runbooks in force: read at the start and whenever a file in `runbooks/` changes, so that a
 * person can write one while the daemon runs. Problems are told once, in the journal.
 */
import { existsSync, readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import type { Disposer, Journal } from '../parts.ts';
import { loadRunbooks, type LoadedRunbooks } from './load-runbooks.ts';

export type RunbookFiles = Readonly<{
  current(): readonly Runbook[];
  problems(): LoadedRunbooks['problems'];
  onChange(listener: () => void): Disposer;
  stop: Disposer;
}>;

/** Editors write in several steps; one reading after the last is enough. */
const settleMs = 150;
/** Notices get lost on some file systems, and the folder may come later. */
const lookAgainMs = 30_000;

export function watchRunbooks(dir: string, journal: Pick<Journal, 'append'>): RunbookFiles {
  const folder = join(dir, 'runbooks');
  const listeners = new Set<() => void>();
  let loaded = loadRunbooks({ dir, cwd: dir });
  let told = JSON.stringify(plain(loaded));
  let watcher: FSWatcher | null = null;
  let settling: NodeJS.Timeout | null = null;
  if (loaded.problems.length > 0) tell(journal, loaded);
  const refresh = (): void => {
    watcher ??= watchFolder(folder, soon, () => (watcher = null));
    loaded = loadRunbooks({ dir, cwd: dir });
    const now = JSON.stringify(plain(loaded));
    if (now === told) return;
    told = now;
    tell(journal, loaded);
    for (const listener of listeners) listener();
  };
  function soon(): void {
    if (settling !== null) clearTimeout(settling);
    settling = setTimeout(refresh, settleMs);
  }
  watcher = watchFolder(folder, soon, () => (watcher = null));
  let seen = signatureOf(folder);
  const regular = setInterval(() => {
    const now = signatureOf(folder);
    if (now === seen) return;
    seen = now;
    refresh();
  }, lookAgainMs);
  regular.unref();
  return {
    current: () => loaded.runbooks,
    problems: () => loaded.problems,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      watcher?.close();
      clearInterval(regular);
      if (settling !== null) clearTimeout(settling);
    },
  };
}

/** Changes with the user's files; the shipped ones do not change under a running daemon. */
function signatureOf(folder: string): string {
  if (!existsSync(folder)) return '';
  const names = readdirSync(folder).slice(0, 500);
  return names
    .map((name) => `${name} ${statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs}`)
    .join('\n');
}

/** Maps do not show in JSON by themselves. */
function plain({ runbooks, problems }: LoadedRunbooks): unknown {
  return [runbooks.map((runbook) => ({ ...runbook, steps: [...runbook.steps] })), problems];
}

function tell(journal: Pick<Journal, 'append'>, { runbooks, problems }: LoadedRunbooks): void {
  const [first] = problems;
  const own = runbooks.filter(({ origin }) => origin !== 'shipped').length;
  const place = first === undefined ? '' : `${first.place.file}:${first.place.line}`;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  journal.append({
    kind: first === undefined ? 'runbooks.changed' : 'runbooks.refused',
    service: null,
    instance: null,
    severity: first === undefined ? 'info' : 'warn',
    text:
      first === undefined
        ? `${runbooks.length} runbooks, ${own} of them your own`
        : `a runbook is not used: ${place}: ${first.message}${more}. ${first.hint}`,
    data: { problems: problems.map(({ code, message, place: at }) => ({ code, message, at })) },
  });
}

function watchFolder(folder: string, changed: () => void, lost: () => void): FSWatcher | null {
  if (!existsSync(folder)) return null;
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    watcher.on('error', () => {
      watcher.close();
      lost();
    });
    return watcher;
  } catch {
    return null;
  }
}
