/**
 * A shorter run log that folds to the same decisions. The shell writes it at start, so that the log
 * is bounded by what exists, not by how long the stack has lived.
 *
 * Lines are dropped, never reordered: which came first (a port's move or a dependant's start) is
 * part of what the log says.
 */
import type { RunToken } from './run.ts';
import type { RunLogEntry } from './run-log.ts';
import { foldRunLog } from './run-log-fold.ts';

/** Younger entries stay as they are: they carry recent restarts. */
export const ENTRIES_KEPT = 2_000;

/** `live`: tokens of all survivors; what the log says of them is kept. */
export function compactRunLog(
  entries: readonly RunLogEntry[],
  live: ReadonlySet<RunToken>,
): readonly RunLogEntry[] {
  const old = entries.slice(0, Math.max(0, entries.length - ENTRIES_KEPT));
  if (old.length === 0) return entries;
  const kept = [...linesThatMatter(old, live)].toSorted((a, b) => a - b).map((line) => old[line]!);
  const histories: RunLogEntry[] = [];
  for (const [instance, { restarts, restartsByReason }] of foldRunLog(old).instances) {
    histories.push({ kind: 'history', instance, restarts, restartsByReason });
  }
  return [...kept, ...histories, ...entries.slice(old.length)];
}

function linesThatMatter(
  entries: readonly RunLogEntry[],
  live: ReadonlySet<RunToken>,
): ReadonlySet<number> {
  const last = new Map<string, number>();
  const lines = new Set<number>();
  const ownerOf = new Map<RunToken, string>();
  const ports = new Map<string, number>();
  for (const [line, entry] of entries.entries()) {
    switch (entry.kind) {
      case 'daemon':
        last.set('daemon', line);
        break;
      case 'wanted':
      case 'due':
      case 'reset':
        last.set(`${entry.kind} ${entry.service}`, line);
        break;
      case 'port':
        // The port before the last one shows that the last entry was a move.
        if (ports.has(entry.instance)) lines.add(ports.get(entry.instance)!);
        ports.set(entry.instance, line);
        last.set(`port ${entry.instance}`, line);
        break;
      case 'intent':
        ownerOf.set(entry.token, entry.instance);
        last.set(`intent ${entry.instance}`, line);
        if (live.has(entry.token)) lines.add(line);
        break;
      case 'started':
        if (live.has(entry.token)) lines.add(line);
        break;
      case 'ended':
        if (live.has(entry.token)) lines.add(line);
        last.set(`ended ${ownerOf.get(entry.token) ?? entry.token}`, line);
        break;
      case 'settled':
        last.set(`settled ${entry.instance}`, line);
        break;
      case 'history':
        break;
      default:
        entry satisfies never;
    }
  }
  const lastPorts = new Set(ports.values());
  for (const line of lines) {
    const entry = entries[line]!;
    if (entry.kind === 'port' && !isLastBefore(entries, line, lastPorts)) lines.delete(line);
  }
  for (const line of last.values()) lines.add(line);
  return lines;
}

/** Is this the port entry right before the instance's last one? */
function isLastBefore(
  entries: readonly RunLogEntry[],
  line: number,
  lastPorts: ReadonlySet<number>,
): boolean {
  const entry = entries[line]!;
  for (let next = line + 1; next < entries.length; next += 1) {
    const other = entries[next]!;
    if (other.kind !== 'port' || entry.kind !== 'port' || other.instance !== entry.instance) {
      continue;
    }
    return lastPorts.has(next);
  }
  return false;
}
