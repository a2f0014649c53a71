/**
 * Cuts a range of a run's log into lines, batch by batch, wherever its bytes are kept.
 *
 * A batch is valid until the next one is asked for: it may share the reader's buffer.
 */
import { lineEnd } from '@fettle/core/loop/collect/log-scan';
import type { SpoolSource } from './spool-source.ts';

export type LineBatch = Readonly<{
  bytes: Buffer;
  /** Spool offset of `bytes[0]`, where the first line begins. */
  offset: number;
  /** Where each line ends in `bytes`, its newline included. */
  ends: readonly number[];
}>;

/** `withPartial`: a last line without a newline counts as one. */
export async function* lineBatches(
  source: SpoolSource,
  range: Readonly<{ from: number; to: number }>,
  withPartial: boolean,
): AsyncGenerator<LineBatch> {
  let offset = source.nextKept(range.from);
  let rest: Buffer = Buffer.alloc(0);
  while (offset + rest.length < range.to) {
    const at = offset + rest.length;
    const kept = source.nextKept(at);
    if (kept > at) {
      if (rest.length > 0) yield { bytes: rest, offset, ends: [rest.length] };
      rest = Buffer.alloc(0);
      offset = kept;
      continue;
    }
    const read = await source.read(at);
    if (read.length === 0) break;
    const fresh = read.subarray(0, Math.min(read.length, range.to - at));
    const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    const ends = endsOf(bytes);
    const used = ends.at(-1) ?? 0;
    if (used > 0) yield { bytes, offset, ends };
    rest = Buffer.from(bytes.subarray(used));
    offset += used;
  }
  if (withPartial && rest.length > 0) yield { bytes: rest, offset, ends: [rest.length] };
}

function endsOf(bytes: Buffer): readonly number[] {
  const ends: number[] = [];
  for (let at = 0; ;) {
    const end = lineEnd(bytes, at, bytes.length);
    if (end === -1) return ends;
    ends.push(end);
    at = end;
  }
}

/** The line as text, without its newline; invalid UTF-8 becomes U+FFFD. */
export function lineText(bytes: Buffer, start: number, end: number): string {
  if (bytes[end - 1] !== 0x0a) return bytes.toString('utf8', start, end);
  const stop = end - 1 > start && bytes[end - 2] === 0x0d ? end - 2 : end - 1;
  return bytes.toString('utf8', start, stop);
}
