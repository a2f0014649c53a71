/**
 * Takes error reports in, moves them into the store, and tells the loop of them.
 *
 * The sender waits for the spool only. The spool is read behind it in small batches; the place up
 * to which it was read is stored with the rows, so that a kill at any moment neither loses nor
 * doubles an acknowledged report.
 */
import { existsSync } from 'node:fs';
import type { Disposer } from '../parts.ts';
import type { ErrorGroupRow, Store } from '../store.ts';
import { cleanError, type ErrorReport, type SentError } from './error-report.ts';
import { openErrorSpool, type ErrorSpool } from './error-spool.ts';

export type ErrorsPart = Readonly<{
  /** Resolves once all are on disk. @throws FettleError E-ERRORS-FULL, E-ERRORS-WRITE */
  take(sent: readonly SentError[]): Promise<void>;
  groups(
    query: Readonly<{ service?: string; sinceMs?: number; limit: number }>,
  ): readonly ErrorGroupRow[];
  /** After they are in the store. */
  onReports(listener: (reports: readonly ErrorReport[]) => void): Disposer;
  stop(): Promise<void>;
}>;

export type ErrorsOptions = Readonly<{
  /** `.fettle/errors`; made when the first report comes. */
  folder: string;
  store: Pick<Store, 'addErrors' | 'errorCursor' | 'errorGroups'>;
  /** false: the store forgets, so the spool keeps what was taken over. */
  durable: boolean;
  nowMs: () => number;
  onTrouble: (cause: unknown) => void;
}>;

const batchBytes = 262_144;
/** Reports gather for a moment: one transaction for all of them. */
const gatherMs = 20;
const retryMs = 1_000;

type Shell = Readonly<{
  options: ErrorsOptions;
  listeners: Set<(reports: readonly ErrorReport[]) => void>;
}> & {
  spool: Promise<ErrorSpool> | null;
  draining: Promise<void> | null;
  again: boolean;
  timer: NodeJS.Timeout | null;
  stopped: boolean;
};

export function openErrors(options: ErrorsOptions): ErrorsPart {
  const shell: Shell = {
    options,
    listeners: new Set(),
    spool: null,
    draining: null,
    again: false,
    timer: null,
    stopped: false,
  };
  // What the last controller took and did not store.
  if (existsSync(options.folder)) drainSoon(shell, 0);
  return {
    async take(sent) {
      const atMs = options.nowMs();
      const spool = await spoolOf(shell);
      await spool.append(sent.map((one) => cleanError(one, atMs)));
      drainSoon(shell, gatherMs);
    },
    groups: (query) => options.store.errorGroups(query),
    onReports(listener) {
      shell.listeners.add(listener);
      return () => void shell.listeners.delete(listener);
    },
    async stop() {
      shell.stopped = true;
      if (shell.timer !== null) clearTimeout(shell.timer);
      await shell.draining;
      const spool = await shell.spool?.catch(() => null);
      await spool?.close();
    },
  };
}

function spoolOf(shell: Shell): Promise<ErrorSpool> {
  const { folder, store } = shell.options;
  const from = store.errorCursor() ?? { segment: 0, offset: 0 };
  shell.spool ??= openErrorSpool({ folder, from }).catch((cause) => {
    // A full or read-only disk may be mended: the next report tries again.
    shell.spool = null;
    throw cause;
  });
  return shell.spool;
}

function drainSoon(shell: Shell, inMs: number): void {
  if (shell.stopped) return;
  if (shell.draining !== null) {
    shell.again = true;
    return;
  }
  shell.timer ??= setTimeout(() => {
    shell.timer = null;
    shell.again = false;
    shell.draining = drain(shell)
      .then(() => 0)
      .catch((cause) => {
        shell.options.onTrouble(cause);
        return retryMs;
      })
      .then((waitMs) => {
        shell.draining = null;
        if (waitMs > 0 || shell.again) drainSoon(shell, waitMs || gatherMs);
      });
  }, inMs);
}

async function drain(shell: Shell): Promise<void> {
  const { store, durable } = shell.options;
  const spool = await spoolOf(shell);
  while (!shell.stopped) {
    const cursor = store.errorCursor() ?? { segment: 0, offset: 0 };
    const batch = await spool.read(cursor, batchBytes);
    if (batch === null) return;
    store.addErrors(batch.reports, batch.cursor);
    if (durable && batch.cursor.segment > cursor.segment) await spool.release(batch.cursor);
    for (const listener of shell.listeners) listener(batch.reports);
  }
}
