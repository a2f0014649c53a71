/**
 * Turns a run's bytes into the lines that a query asks for.
 *
 * Keeps what must outlive a batch: the message that a stack trace continues, and the last time
 * told. Filters here, where a line is still cheap; redacts last, only what leaves.
 */
import { continues, newGroup } from '@fettle/core/loop/collect/log-group';
import { LEVELS, levelName, levelOfBytes } from '@fettle/core/loop/collect/log-level';
import { parseLogLine, plainText, type ParsedLine } from '@fettle/core/loop/collect/log-line';
import { MAX_LINE_BYTES } from '@fettle/core/loop/collect/log-scan';
import { conceal, concealData } from '../conceal.ts';
import type { LogLevel, LogLine } from '@fettle/sdk/api/documents';
import type { Block } from './block-record.ts';
import type { LinePlace } from './boundary.ts';
import type { Grep } from './grep.ts';
import { lineText, type LineBatch } from './line-batches.ts';
import { lineClock } from './line-clock.ts';

export type LineFilter = Readonly<{
  sinceMs: number | null;
  untilMs: number | null;
  grep: Grep | null;
  level: LogLevel | null;
}>;

/** A line with the time it sorts by. */
export type TimedLine = Readonly<{ atMs: number; line: LogLine }>;

export type RunReader = Readonly<{
  /** The lines of a batch that pass. `blockOf`: the index block at a spool offset. */
  take(batch: LineBatch, blockOf: (offset: number) => Block): readonly TimedLine[];
}>;

const SPLIT_MARK = ' …[line goes on]';

type Candidate = Readonly<{
  offset: number;
  raw: string;
  parsed: ParsedLine;
  level: LogLevel | null;
  atMs: number;
}>;

export function runReader(place: LinePlace, filter: LineFilter): RunReader {
  const group = newGroup();
  const clock = lineClock();
  const leastLevel = filter.level === null ? 0 : LEVELS.indexOf(filter.level) + 1;
  let groupLevel: LogLevel | null = null;

  const candidates = (batch: LineBatch, blockOf: (offset: number) => Block): Candidate[] => {
    const found: Candidate[] = [];
    let start = 0;
    for (const end of batch.ends) {
      const offset = batch.offset + start;
      const isWhole = batch.bytes[end - 1] === 0x0a;
      const code = levelOfBytes(batch.bytes, start, isWhole ? end - 1 : end);
      const isSplit = !isWhole && end - start === MAX_LINE_BYTES;
      const raw = lineText(batch.bytes, start, end) + (isSplit ? SPLIT_MARK : '');
      start = end;
      const candidate = candidateOf({ offset, raw, code, block: blockOf(offset) });
      if (candidate !== null) found.push(candidate);
    }
    return found;
  };
  const candidateOf = (seen: {
    offset: number;
    raw: string;
    code: number;
    block: Block;
  }): Candidate | null => {
    const { offset, raw, code, block } = seen;
    const context = zoneOf(block.lastMs);
    const parsed = parseLogLine(raw, levelName(code), context);
    const atMs = clock(parsed.atMs, offset, block);
    if (!continues(group, parsed.fields === null ? parsed.text : '{', code))
      groupLevel = parsed.level;
    if (leastLevel > 0 && LEVELS.indexOf(groupLevel ?? 'trace') + 1 < leastLevel) return null;
    if (leastLevel > 0 && groupLevel === null) return null;
    if (filter.sinceMs !== null && atMs < filter.sinceMs) return null;
    if (filter.untilMs !== null && atMs > filter.untilMs) return null;
    const level = parsed.level ?? (group.lines > 1 ? groupLevel : null);
    return { offset, raw, parsed, level, atMs };
  };
  const finish = (candidate: Candidate): TimedLine => {
    const { offset, parsed, atMs } = candidate;
    const hasFields = parsed.fields !== null && Object.keys(parsed.fields).length > 0;
    const fields = hasFields ? (concealData(parsed.fields) as Record<string, unknown>) : null;
    const at = new Date(atMs).toISOString();
    const { level } = candidate;
    const text = conceal(parsed.text);
    return { atMs, line: { ...place, kind: 'line', at, level, text, fields, offset } };
  };
  return {
    take(batch, blockOf) {
      let found = candidates(batch, blockOf);
      if (filter.grep !== null && found.length > 0) {
        // What is masked cannot be searched for either: a search must not tell a secret.
        const matches = filter.grep(found.map(({ raw }) => conceal(plainText(raw))));
        found = found.filter((_, index) => matches[index] === true);
      }
      return found.map(finish);
    },
  };
}

let zone = { hour: -1, offsetMs: 0 };

/** The machine's offset from UTC at `atMs`; it changes on full quarters of an hour at most. */
function zoneOf(atMs: number): Readonly<{ zoneOffsetMs: number; nearMs: number }> {
  const hour = Math.floor(atMs / 900_000);
  if (zone.hour !== hour) zone = { hour, offsetMs: -new Date(atMs).getTimezoneOffset() * 60_000 };
  return { zoneOffsetMs: zone.offsetMs, nearMs: atMs };
}
