/**
 * Reads a run's log at any offset, wherever the bytes are now: in a compressed segment or still in
 * the spool. Offsets never change, so a reader does not notice a rotation.
 *
 * Rotation releases a range of the spool only after its segment is in place. A read that raced
 * with that may have got zeros, so `released` is asked again after each read of the spool.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { isMissing } from './file-error.ts';
import { listSegments, segmentPath, type RunFiles } from './log-folder.ts';
import { openSegment, segmentRange, type Segment } from './segment.ts';
import { readDropped } from './dropped.ts';

const CHUNK_BYTES = 256 * 1024;

export type Piece = Readonly<{ start: number; end: number; path: string | null }>;

export type SpoolSource = Readonly<{
  /** First offset that is kept. */
  start(): number;
  /** End at the time of opening. */
  end(): number;
  /** The offset itself, or where reading goes on after a gap. */
  nextKept(offset: number): number;
  /** Bytes at `offset`, as many as are at hand (at least one); empty at the end. */
  read(offset: number): Promise<Buffer>;
  /** Looks at the files anew. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}>;

/** `released(token)`: up to where the rotation may have punched the spool. */
export async function openSource(
  run: RunFiles,
  released: (token: string) => number,
): Promise<SpoolSource> {
  let pieces = await findPieces(run);
  let live: FileHandle | null = null;
  let segment: Readonly<{ path: string; file: Segment }> | null = null;
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);

  const pieceAt = (offset: number): Piece | null => pieces.find(({ end }) => offset < end) ?? null;
  const nextKept = (offset: number): number => {
    const piece = pieceAt(offset);
    return piece === null ? offset : Math.max(offset, piece.start);
  };
  const refresh = async (): Promise<void> => {
    pieces = await findPieces(run);
  };
  const readLive = async (piece: Piece, offset: number): Promise<Buffer | null> => {
    live ??= await open(run.spool, 'r');
    const wanted = Math.min(CHUNK_BYTES, piece.end - offset);
    const { bytesRead } = await live.read(buffer, 0, wanted, offset);
    return released(run.token) > offset ? null : buffer.subarray(0, bytesRead);
  };
  const readSegment = async (path: string, offset: number): Promise<Buffer | null> => {
    if (segment?.path !== path) {
      await segment?.file.close();
      segment = null;
      const file = await openSegment(path).catch(unlessMissing);
      if (file === null) return null;
      segment = { path, file };
    }
    return await segment.file.read(offset);
  };
  return {
    start: () => pieces[0]?.start ?? 0,
    end: () => pieces.at(-1)?.end ?? 0,
    nextKept,
    refresh,
    async read(offset) {
      for (let attempt = 0; attempt < 4; attempt++) {
        const piece = pieceAt(offset);
        if (piece === null || offset < piece.start) return Buffer.alloc(0);
        const bytes =
          piece.path === null
            ? await readLive(piece, offset)
            : await readSegment(piece.path, offset);
        if (bytes !== null) return bytes;
        await refresh(); // rotated or dropped under us
      }
      return Buffer.alloc(0);
    },
    async close() {
      await live?.close();
      await segment?.file.close();
      live = null;
      segment = null;
    },
  };
}

/** What is kept of a run, in order and without overlaps; the spool is last. */
export async function findPieces(run: RunFiles): Promise<readonly Piece[]> {
  const pieces: Piece[] = [];
  for (const number of listSegments(run)) {
    const path = segmentPath(run, number);
    const range = await segmentRange(path).catch(unlessMissing);
    if (range !== null) pieces.push({ ...range, path });
  }
  const size = await stat(run.spool).then((stats) => stats.size, unlessMissing);
  const gone = readDropped(run.folder).filter(({ token }) => token === run.token);
  const kept = pieces.filter(
    ({ start, end }) => !gone.some((g) => g.start <= start && g.end >= end),
  );
  const from = Math.max(0, ...pieces.map(({ end }) => end), ...gone.map(({ end }) => end));
  if (size !== null && size > from) kept.push({ start: from, end: size, path: null });
  return kept;
}

function unlessMissing(cause: unknown): null {
  if (isMissing(cause)) return null;
  throw cause;
}
