/**
 * One block of the log index: about 64 KiB of whole lines, when they were seen, how many there are
 * and of which levels. Fixed size, so that a file of them is searched by halving; each carries a
 * checksum, so that a torn or foreign tail is noticed and cut off.
 */
import { crc32 } from 'node:zlib';

export type Block = Readonly<{
  /** Byte offsets in the run's spool: `[start, end)`, whole lines. */
  start: number;
  end: number;
  lines: number;
  /** Index 0: lines without a level, then trace to fatal. */
  levels: readonly number[];
  /** Epoch ms: nothing of this block was there at `beforeMs`; it was seen between the others. */
  beforeMs: number;
  firstMs: number;
  lastMs: number;
}>;

export const RECORD_BYTES = 88;
const MAGIC = 0x314c5846;

export function encodeBlock(block: Block): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(block.lines, 4);
  record.writeDoubleLE(block.start, 8);
  record.writeDoubleLE(block.end, 16);
  record.writeDoubleLE(block.beforeMs, 24);
  record.writeDoubleLE(block.firstMs, 32);
  record.writeDoubleLE(block.lastMs, 40);
  for (let level = 0; level < 7; level++)
    record.writeUInt32LE(block.levels[level] ?? 0, 48 + level * 4);
  record.writeUInt32LE(crc32(record.subarray(0, RECORD_BYTES - 4)), RECORD_BYTES - 4);
  return record;
}

/** null: not a record of ours, or damaged. */
export function decodeBlock(bytes: Buffer, at: number): Block | null {
  if (bytes.length < at + RECORD_BYTES || bytes.readUInt32LE(at) !== MAGIC) return null;
  const sum = crc32(bytes.subarray(at, at + RECORD_BYTES - 4));
  if (sum !== bytes.readUInt32LE(at + RECORD_BYTES - 4)) return null;
  return {
    lines: bytes.readUInt32LE(at + 4),
    start: bytes.readDoubleLE(at + 8),
    end: bytes.readDoubleLE(at + 16),
    beforeMs: bytes.readDoubleLE(at + 24),
    firstMs: bytes.readDoubleLE(at + 32),
    lastMs: bytes.readDoubleLE(at + 40),
    levels: Array.from({ length: 7 }, (_, level) => bytes.readUInt32LE(at + 48 + level * 4)),
  };
}
