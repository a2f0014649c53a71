/**
 * Hands new lines to log probes and detectors, within a budget.
 *
 * Making strings of lines costs more than storing them, so a flood is sampled: so many bytes per
 * run and tenth of a second, the rest is counted as skipped. Storage never depends on this.
 */
import type { LinesListener } from '../parts.ts';
import type { RunFiles } from './log-folder.ts';

const WINDOW_MS = 100;
const WINDOW_BYTES = 64 * 1024;

export type LineFeed = Readonly<{
  on(listener: LinesListener): () => void;
  /** `bytes[from, to)` holds whole lines of `run`. */
  take(run: RunFiles, bytes: Buffer, from: number, to: number): void;
  /** Bytes that were stored but not shown to listeners. */
  skippedBytes(): number;
}>;

export function lineFeed(now: () => number): LineFeed {
  const listeners = new Set<LinesListener>();
  const windows = new Map<string, { startMs: number; bytes: number }>();
  let skipped = 0;

  const budget = (token: string): { startMs: number; bytes: number } => {
    const nowMs = now();
    let window = windows.get(token);
    if (window === undefined || nowMs - window.startMs >= WINDOW_MS || nowMs < window.startMs) {
      window = { startMs: nowMs, bytes: 0 };
      if (windows.size > 2_000) windows.clear();
      windows.set(token, window);
    }
    return window;
  };
  return {
    skippedBytes: () => skipped,
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    take(run, bytes, from, to) {
      if (listeners.size === 0) return;
      const window = budget(run.token);
      const allowed = Math.max(0, WINDOW_BYTES - window.bytes);
      let end = to;
      if (to - from > allowed) end = bytes.lastIndexOf(0x0a, from + allowed) + 1;
      end = Math.min(to, Math.max(from, end));
      skipped += to - end;
      window.bytes += to - from;
      const lines = end <= from ? [] : bytes.toString('utf8', from, end).split('\n');
      if (lines.at(-1) === '') lines.pop();
      for (const listener of listeners) listener(run.instance, run.token, lines, to - end);
    },
  };
}
