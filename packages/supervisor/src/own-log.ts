/**
 * Our own log: one JSON object a line on stderr, which `fettle up` points at `supervisor.out`.
 * A full disk or a closed pipe must not end us, so that a failed write is dropped.
 */
import { writeSync } from 'node:fs';

export type Fields = Readonly<Record<string, unknown>>;

/** Bound: a broken state must not fill the disk; what is dropped is counted. */
const maxLinesPerMinute = 600;
let minute = 0;
let lines = 0;
let dropped = 0;

export function log(level: 'info' | 'warn' | 'error', message: string, fields: Fields = {}): void {
  const nowMs = Date.now();
  const currentMinute = Math.floor(nowMs / 60_000);
  if (currentMinute !== minute) {
    if (dropped > 0) write({ level: 'warn', message: 'log lines dropped', count: dropped });
    minute = currentMinute;
    lines = 0;
    dropped = 0;
  }
  lines += 1;
  if (lines > maxLinesPerMinute) dropped += 1;
  else write({ at: new Date(nowMs).toISOString(), level, message, ...plain(fields) });
}

function plain(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}

function write(line: Record<string, unknown>): void {
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads us; services matter more.
  }
}
