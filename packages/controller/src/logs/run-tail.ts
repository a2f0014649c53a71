/**
 * Reads one spool as it grows, counts its lines into the index, and hands new lines to listeners.
 *
 * The service writes the file itself, so we only ever read behind it: the offset is the whole
 * state, and the index holds it. A reader that was away goes on where the index ends; what it
 * finds then was written until the file's modification time, not now.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { blockBuilder, type BlockBuilder } from './block-builder.ts';
import { openIndexWriter, type IndexWriter } from './block-index.ts';
import type { Block } from './block-record.ts';
import type { RunFiles } from './log-folder.ts';

const CHUNK_BYTES = 256 * 1024;
/** Reads are synchronous and never cross an `await`: one buffer serves all runs. */
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

export type LinesListener = (bytes: Buffer, from: number, to: number) => void;

export type RunTail = Readonly<{
  run: RunFiles;
  /** Size at the last look. */
  size(): number;
  /** End of the last whole line seen. */
  offset(): number;
  lines(): number;
  openBlock(): Block | null;
  /** Looks at the file; true when it has grown since `offset()`. */
  look(nowMs: number): boolean;
  /** Reads until caught up or `mayGoOn` says no; true: caught up. */
  pump(nowMs: number, mayGoOn: () => boolean): boolean;
  /** The file was cut by somebody: go on at `offset`. */
  skipTo(offset: number): void;
  /** Closes the files; they open again when needed. */
  rest(): void;
  /** Writes the open block, too: nothing more is expected. */
  finish(): void;
}>;

export function runTail(run: RunFiles, firstOffset: number, onLines: LinesListener): RunTail {
  let fd: number | null = null;
  let index: IndexWriter | null = null;
  let builder: BlockBuilder | null = null;
  let size = 0;
  let modifiedMs = 0;
  let bornMs = 0;
  let wasAway = true;

  const writer = (): IndexWriter => (index ??= openIndexWriter(run.index));
  /** A run that printed nothing has no index: a hundred starts would make a hundred empty files. */
  const ready = (): BlockBuilder => {
    if (builder === null) {
      const last = existsSync(run.index) ? writer().last() : null;
      const offset = Math.max(last?.end ?? 0, firstOffset);
      // A new file had nothing in it when it was made.
      builder = blockBuilder(offset, last?.lastMs ?? bornMs);
    }
    return builder;
  };
  const append = (from: BlockBuilder): void => {
    const blocks = from.take();
    if (blocks.length > 0) writer().append(blocks);
  };
  const look = (nowMs: number): boolean => {
    try {
      fd ??= openSync(run.spool, 'r');
    } catch {
      return false;
    }
    const stats = fstatSync(fd);
    size = stats.size;
    modifiedMs = Math.min(nowMs, stats.mtimeMs);
    bornMs = Math.min(modifiedMs, stats.birthtimeMs);
    return size > ready().offset();
  };
  const rest = (): void => {
    index?.close();
    index = null;
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  return {
    run,
    look,
    size: () => size,
    offset: () => ready().offset(),
    lines: () => builder?.lines() ?? 0,
    openBlock: () => builder?.open() ?? null,
    pump(nowMs, mayGoOn) {
      const building = ready();
      if (fd === null) return true;
      const atMs = wasAway ? modifiedMs : nowMs;
      let isDone = false;
      while (!isDone) {
        const from = building.offset();
        const read = readSync(fd, chunk, 0, CHUNK_BYTES, from);
        const used = building.add(chunk, read, atMs);
        if (used > 0) onLines(chunk, 0, used);
        isDone = read < CHUNK_BYTES || used === 0;
        if (!isDone && !mayGoOn()) break;
      }
      append(building);
      if (isDone) wasAway = false;
      return isDone;
    },
    skipTo: (offset) => ready().skipTo(offset),
    rest,
    finish() {
      if (builder !== null && builder.open() !== null) {
        builder.flush();
        append(builder);
      }
      rest();
    },
  };
}
