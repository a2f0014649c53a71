/**
 * The index file of one run (`<token>.idx`): block records, appended as the spool grows.
 *
 * It is a cache of the spool with one thing that the spool does not hold: when lines were seen. A
 * writer that died leaves at most a torn last record, which is cut off at the next opening; what
 * it had not yet indexed is scanned again. Readers search by halving and read records in runs, so
 * that memory does not grow with the log.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { decodeBlock, encodeBlock, RECORD_BYTES, type Block } from './block-record.ts';

/** Appends to an index; `last` is null for an empty one. */
export type IndexWriter = Readonly<{
  last(): Block | null;
  append(blocks: readonly Block[]): void;
  close(): void;
}>;

export function openIndexWriter(path: string): IndexWriter {
  const fd = openSync(path, 'a+', 0o600);
  let last = cutTornTail(fd);
  return {
    last: () => last,
    append(blocks) {
      if (blocks.length === 0) return;
      writeSync(fd, Buffer.concat(blocks.map(encodeBlock)));
      last = blocks.at(-1)!;
    },
    close: () => closeSync(fd),
  };
}

function cutTornTail(fd: number): Block | null {
  const size = fstatSync(fd).size;
  const record = Buffer.alloc(RECORD_BYTES);
  let count = Math.floor(size / RECORD_BYTES);
  let last: Block | null = null;
  for (; count > 0 && last === null; count--) {
    readSync(fd, record, 0, RECORD_BYTES, (count - 1) * RECORD_BYTES);
    last = decodeBlock(record, 0);
    if (last !== null) break;
  }
  if (size !== count * RECORD_BYTES) ftruncateSync(fd, count * RECORD_BYTES);
  return last;
}

/** Read access by position. Sees what was there when it was opened. */
export type IndexReader = Readonly<{
  count: number;
  at(position: number): Block | null;
  /** Up to `limit` blocks from `position` on. */
  slice(position: number, limit: number): readonly Block[];
  /** First position whose block ends after `offset`. */
  ofOffset(offset: number): number;
  /** First position whose block was last seen at `atMs` or later. */
  ofTime(atMs: number): number;
  close(): void;
}>;

/** null when there is no index. */
export function openIndexReader(path: string): IndexReader | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  const count = Math.floor(fstatSync(fd).size / RECORD_BYTES);
  const slice = (position: number, limit: number): readonly Block[] => {
    const wanted = position < 0 ? 0 : Math.max(0, Math.min(limit, count - position));
    if (wanted === 0) return [];
    const bytes = Buffer.alloc(wanted * RECORD_BYTES);
    const read = readSync(fd, bytes, 0, bytes.length, position * RECORD_BYTES);
    const blocks: Block[] = [];
    for (let at = 0; at + RECORD_BYTES <= read; at += RECORD_BYTES) {
      const block = decodeBlock(bytes, at);
      if (block !== null) blocks.push(block);
    }
    return blocks;
  };
  const at = (position: number): Block | null => slice(position, 1)[0] ?? null;
  const search = (isBefore: (block: Block) => boolean): number => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = at(middle);
      if (block !== null && isBefore(block)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    count,
    at,
    slice,
    ofOffset: (offset) => search((block) => block.end <= offset),
    ofTime: (atMs) => search((block) => block.lastMs < atMs),
    close: () => closeSync(fd),
  };
}

/** Rewrites the index without what ended at or before `offset`. No writer may be open. */
export function forgetBlocks(path: string, offset: number): void {
  const reader = openIndexReader(path);
  if (reader === null) return;
  const kept: Buffer[] = [];
  const from = reader.ofOffset(offset);
  for (let position = from; position < reader.count; position += 512)
    kept.push(...reader.slice(position, 512).map(encodeBlock));
  reader.close();
  writeFileSync(`${path}.tmp`, Buffer.concat(kept), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
