/**
 * Compressed ranges of a spool: written whole, read at any place.
 *
 * The file is in the Zstandard Seekable Format (facebook/zstd, `contrib/seekable_format`): frames
 * of 1 MiB of log, each compressed alone, then a seek table in a skippable frame. In front stands
 * a skippable frame of ours with the range, so that a segment says what it is without any other
 * record: `zstd -d` skips both. A reader decompresses only the frame that it needs.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeUtil } from '@fettle/sdk/builtin';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

const compress = nodeUtil().promisify(zstdCompress);
const decompress = nodeUtil().promisify(zstdDecompress);

const FRAME_BYTES = 1024 * 1024;
const HEADER_BYTES = 8 + 32;
const HEADER_MAGIC = 0x184d2a50;
const TABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const OURS = 0x544c5446;
const FOOTER_BYTES = 9;
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** `[start, end)`: byte offsets in the spool. */
export type SegmentRange = Readonly<{ start: number; end: number }>;

/** Copies `range` of `spool` to `path`: complete and on disk when this resolves, or not there. */
export async function writeSegment(
  spool: FileHandle,
  range: SegmentRange,
  path: string,
): Promise<Readonly<{ bytes: number }>> {
  const temporary = `${path}.tmp`;
  const out = await open(temporary, 'w', 0o600);
  try {
    const bytes = await writeFrames(spool, range, out);
    await out.sync();
    await out.close();
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return { bytes };
  } catch (cause) {
    await out.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function writeFrames(
  spool: FileHandle,
  range: SegmentRange,
  out: FileHandle,
): Promise<number> {
  let written = (await out.write(header(range))).bytesWritten;
  const sizes: (readonly [number, number])[] = [];
  const raw = Buffer.allocUnsafeSlow(FRAME_BYTES);
  for (let at = range.start; at < range.end;) {
    const wanted = Math.min(FRAME_BYTES, range.end - at);
    const { bytesRead } = await spool.read(raw, 0, wanted, at);
    if (bytesRead === 0) throw new RangeError(`spool ends at ${at}, before ${range.end}`);
    const frame = await compress(raw.subarray(0, bytesRead), options);
    written += (await out.write(frame)).bytesWritten;
    sizes.push([frame.length, bytesRead]);
    at += bytesRead;
  }
  return written + (await out.write(seekTable(sizes))).bytesWritten;
}

function header({ start, end }: SegmentRange): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(HEADER_MAGIC, 0);
  bytes.writeUInt32LE(HEADER_BYTES - 8, 4);
  bytes.writeUInt32LE(OURS, 8);
  bytes.writeDoubleLE(start, 16);
  bytes.writeDoubleLE(end, 24);
  return bytes;
}

function seekTable(sizes: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(8 + sizes.length * 8 + FOOTER_BYTES);
  bytes.writeUInt32LE(TABLE_MAGIC, 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  sizes.forEach(([packed, raw], index) => {
    bytes.writeUInt32LE(packed, 8 + index * 8);
    bytes.writeUInt32LE(raw, 12 + index * 8);
  });
  bytes.writeUInt32LE(sizes.length, bytes.length - FOOTER_BYTES);
  bytes.writeUInt32LE(SEEKABLE_MAGIC, bytes.length - 4);
  return bytes;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

type Frame = Readonly<{ at: number; packed: number; start: number; raw: number }>;

export type Segment = Readonly<{
  range: SegmentRange;
  /** Decompressed bytes from spool offset `offset` to the end of its frame. */
  read(offset: number): Promise<Buffer>;
  close(): Promise<void>;
}>;

/** null when the file is not a whole segment. */
export async function openSegment(path: string): Promise<Segment | null> {
  const file = await open(path, 'r');
  try {
    const range = await readRange(file);
    const frames = range === null ? null : await readFrames(file, range);
    if (range === null || frames === null) {
      await file.close();
      return null;
    }
    return segment(file, range, frames);
  } catch (cause) {
    await file.close().catch(() => undefined);
    throw cause;
  }
}

/** The range alone; null when it is not a segment. */
export async function segmentRange(path: string): Promise<SegmentRange | null> {
  const file = await open(path, 'r');
  return await readRange(file).finally(() => file.close());
}

function segment(file: FileHandle, range: SegmentRange, frames: readonly Frame[]): Segment {
  let held: Frame | null = null;
  let bytes: Buffer = Buffer.alloc(0);
  return {
    range,
    close: () => file.close(),
    async read(offset) {
      const frame = frames.find(({ start, raw }) => offset >= start && offset < start + raw);
      if (frame === undefined) return Buffer.alloc(0);
      if (held !== frame) {
        const packed = Buffer.allocUnsafeSlow(frame.packed);
        await file.read(packed, 0, frame.packed, frame.at);
        bytes = await decompress(packed);
        held = frame;
      }
      return bytes.subarray(offset - frame.start);
    },
  };
}

async function readRange(file: FileHandle): Promise<SegmentRange | null> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  await file.read(bytes, 0, HEADER_BYTES, 0);
  if (bytes.readUInt32LE(0) !== HEADER_MAGIC || bytes.readUInt32LE(8) !== OURS) return null;
  return { start: bytes.readDoubleLE(16), end: bytes.readDoubleLE(24) };
}

async function readFrames(file: FileHandle, range: SegmentRange): Promise<readonly Frame[] | null> {
  const { size } = await file.stat();
  const footer = Buffer.alloc(FOOTER_BYTES);
  await file.read(footer, 0, FOOTER_BYTES, size - FOOTER_BYTES);
  if (footer.readUInt32LE(5) !== SEEKABLE_MAGIC) return null;
  const count = footer.readUInt32LE(0);
  const table = Buffer.alloc(count * 8);
  await file.read(table, 0, table.length, size - FOOTER_BYTES - table.length);
  const frames: Frame[] = [];
  let at = HEADER_BYTES;
  let start = range.start;
  for (let index = 0; index < count; index++) {
    const packed = table.readUInt32LE(index * 8);
    const raw = table.readUInt32LE(index * 8 + 4);
    frames.push({ at, packed, start, raw });
    at += packed;
    start += raw;
  }
  return start === range.end ? frames : null;
}
