/**
 * The lines that we put between what services wrote: how a run ended, why the next began, and what
 * is no longer kept. The rules around them (`── … ──`) are the renderers'.
 */
import { exitText as exitTextOf } from '@fettle/core/supervise/exit-text';
import type { LogLine } from '@fettle/sdk/api/documents';
import type { DroppedRange } from './dropped.ts';
import type { RunFact } from './run-facts.ts';

export type LinePlace = Readonly<{ service: string; instance: string; run: string }>;

/** `process ended: exit 1 after 2h 11m (pid 7750) · restarted: crash`; `… · started`. */
export function runBoundary(
  place: LinePlace,
  ended: RunFact | null,
  next: RunFact | null,
  [atMs, offset]: readonly [number, number],
): LogLine {
  const parts: string[] = [];
  if (ended !== null) parts.push(`process ended: ${endText(ended)}`);
  if (next !== null) parts.push(startText(next, ended !== null));
  return boundaryLine(place, parts.join(' · '), [atMs, offset]);
}

function startText(fact: RunFact, isJoined: boolean): string {
  const pid = isJoined || fact.pid === null ? '' : ` (pid ${fact.pid})`;
  // Also behind an older run: an `up` after a `down` starts, it does not restart.
  if (fact.reason === 'first-start') return `started${pid}`;
  const reason = (fact.reason ?? 'reason unknown').replaceAll('-', ' ');
  const verb = fact.reason === 'operator-start' ? 'started' : 'restarted';
  return `${verb}: ${reason}${pid}`;
}

function endText({ exit, startedAtMs, pid }: RunFact): string {
  const how = exitText(exit);
  const ranMs = exit === null || startedAtMs === null ? null : exit.atMs - startedAtMs;
  const ran = ranMs === null || ranMs < 0 ? '' : ` after ${spanText(ranMs)}`;
  return `${how}${ran}${pid === null ? '' : ` (pid ${pid})`}`;
}

function exitText(exit: RunFact['exit']): string {
  if (exit?.note !== undefined && exit.endedBy === null) return exitTextOf(exit);
  if (exit === null || exit.kind === 'unknown') return 'exit unknown';
  const by = exit.endedBy === null ? '' : `, by us: ${exit.endedBy.replaceAll('-', ' ')}`;
  if (exit.posixSignal !== null) {
    const name = exit.posixSignal.replace(/^SIG/, '');
    return exit.endedBy === null ? `${exit.code} (${name} or exit)` : `${name}${by}`;
  }
  return `exit ${exit.code}${by}`;
}

/** `850ms`, `12s`, `2h 11m`, `3d 4h`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

const REASONS: Readonly<Record<DroppedRange['reason'], string>> = {
  size: 'over the size that is kept',
  age: 'older than is kept',
  disk: 'the disk was nearly full',
  truncated: 'the file was truncated by somebody else',
};

/** `1204331 lines (118.0 MiB) dropped: over the size that is kept`. */
export function droppedBoundary(place: LinePlace, range: DroppedRange): LogLine {
  return goneBoundary(place, [range], 'dropped');
}

/** The same for whole runs of which nothing is left. */
export function lostRunsBoundary(place: LinePlace, ranges: readonly DroppedRange[]): LogLine {
  const runs = new Set(ranges.map(({ token }) => token)).size;
  return goneBoundary(place, ranges, `of ${runs} earlier ${runs === 1 ? 'run' : 'runs'} dropped`);
}

function goneBoundary(place: LinePlace, ranges: readonly DroppedRange[], what: string): LogLine {
  const last = ranges.at(-1)!;
  let bytes = 0;
  let lines: number | null = 0;
  for (const range of ranges) {
    bytes += range.end - range.start;
    lines = lines === null || range.lines === null ? null : lines + range.lines;
  }
  const size = `${(bytes / 1_048_576).toFixed(1)} MiB`;
  const amount = lines === null ? size : `${lines} lines (${size})`;
  const reasons = [...new Set(ranges.map(({ reason }) => REASONS[reason]))].join('; ');
  return boundaryLine(place, `${amount} ${what}: ${reasons}`, [last.atMs, last.start]);
}

function boundaryLine(
  place: LinePlace,
  text: string,
  [atMs, offset]: readonly [number, number],
): LogLine {
  const at = new Date(atMs).toISOString();
  return { ...place, kind: 'boundary', at, level: null, text, fields: null, offset };
}
