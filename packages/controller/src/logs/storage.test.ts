import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdDecompressSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import type { LogLine } from '@fettle/sdk/api/documents';
import fc from 'fast-check';
import { afterEach, test } from 'vitest';
import { blockBuilder } from './block-builder.ts';
import { openIndexReader, openIndexWriter } from './block-index.ts';
import { decodeBlock, encodeBlock, RECORD_BYTES, type Block } from './block-record.ts';
import { runBoundary, spanText } from './boundary.ts';
import { readDropped, recordDropped } from './dropped.ts';
import { compileGrep } from './grep.ts';
import { holePunch } from './hole-punch.ts';
import { lineFeed } from './line-feed.ts';
import { runFiles, segmentPath } from './log-folder.ts';
import { mergeLines } from './merge-lines.ts';
import { DEFAULT_LIMITS, retain } from './retention.ts';
import { rotation } from './rotation.ts';
import { runFacts } from './run-facts.ts';
import type { TimedLine } from './run-reader.ts';
import { openSegment, segmentRange, writeSegment } from './segment.ts';
import { openSource } from './spool-source.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'fettle-logs-'));
  folders.push(made);
  return made;
}
function spooled(text: string | Buffer, token = 'e-1') {
  const logsDir = folder();
  const run = runFiles(logsDir, 'api.1', token);
  mkdirSync(run.folder);
  writeFileSync(run.spool, text);
  return { logsDir, run };
}
const block = (part: Partial<Block> = {}): Block => ({
  start: 0,
  end: 10,
  lines: 1,
  levels: [1, 0, 0, 0, 0, 0, 0],
  beforeMs: 1,
  firstMs: 2,
  lastMs: 3,
  ...part,
});

test('a record survives being written, and a changed byte is noticed', () => {
  const one = block({ start: 2 ** 40, end: 2 ** 40 + 7, levels: [0, 1, 2, 3, 4, 5, 6] });
  const bytes = encodeBlock(one);
  deepEqual(decodeBlock(bytes, 0), one);
  bytes[20] = bytes[20]! ^ 1;
  equal(decodeBlock(bytes, 0), null);
});

test('a torn index is cut back to its last whole record', () => {
  const path = join(folder(), 'x.idx');
  const writer = openIndexWriter(path);
  writer.append([block(), block({ start: 10, end: 20, lastMs: 9 })]);
  writer.close();
  appendFileSync(path, Buffer.alloc(RECORD_BYTES + 5));
  const again = openIndexWriter(path);
  equal(again.last()?.end, 20);
  again.close();
  equal(statSync(path).size, 2 * RECORD_BYTES);
});

test('an index is searched by offset and by time', () => {
  const path = join(folder(), 'x.idx');
  const writer = openIndexWriter(path);
  const blocks = Array.from({ length: 100 }, (_, n) =>
    block({ start: n * 10, end: n * 10 + 10, lastMs: n * 1000 }),
  );
  writer.append(blocks);
  writer.close();
  const reader = openIndexReader(path)!;
  equal(reader.ofOffset(0), 0);
  equal(reader.ofOffset(555), 55);
  equal(reader.ofOffset(99_999), 100);
  equal(reader.ofTime(50_500), 51);
  equal(reader.at(-1), null);
  deepEqual(reader.slice(98, 10), blocks.slice(98));
  reader.close();
});

test('blocks hold whole lines, cover all, and are of about 64 KiB', () => {
  const bytes = Buffer.from(
    Array.from({ length: 9_000 }, (_, n) => `line ${n}\n`.repeat(3)).join(''),
  );
  const builder = blockBuilder(0, 0);
  for (let at = 0; at < bytes.length; at = builder.offset())
    builder.add(bytes.subarray(at), Math.min(50_000, bytes.length - at), 5);
  builder.flush();
  const blocks = builder.take();
  let end = 0;
  for (const each of blocks) {
    equal(each.start, end);
    equal(bytes[each.end - 1], 0x0a);
    ok(each.end - each.start <= 65_536);
    end = each.end;
  }
  equal(end, bytes.length);
  equal(builder.lines(), 27_000);
});

test('a clock that steps back does not break the order of times', () => {
  const builder = blockBuilder(0, 100);
  builder.add(Buffer.from('a\n'), 2, 200);
  builder.flush();
  builder.add(Buffer.from('b\n'), 2, 50);
  builder.flush();
  deepEqual(
    builder.take().map(({ lastMs }) => lastMs),
    [200, 200],
  );
});

test('a segment is read at any place, and by zstd itself', async () => {
  const data = randomBytes(2_500_000);
  const { run } = spooled(data);
  const spool = await open(run.spool);
  const range = { start: 100, end: 2_400_000 };
  await writeSegment(spool, range, segmentPath(run, 1));
  await rejects(writeSegment(spool, { start: 0, end: 9e6 }, segmentPath(run, 2)), RangeError);
  await spool.close();
  const path = segmentPath(run, 1);
  deepEqual(await segmentRange(path), range);
  const segment = (await openSegment(path))!;
  for (const at of [100, 1_500_000, 2_399_999, 200]) {
    const bytes = await segment.read(at);
    ok(bytes.length > 0 && bytes.equals(data.subarray(at, at + bytes.length)), `at ${at}`);
  }
  equal((await segment.read(2_400_000)).length, 0);
  await segment.close();
  const packed = readFileSync(path);
  equal(packed.readUInt32LE(packed.length - 4), 0x8f92eab1);
  ok(constants.ZSTD_c_compressionLevel > 0 && zstdDecompressSync(packed.subarray(40)).length > 0);
  writeFileSync(path, packed.subarray(0, 5_000));
  equal(await openSegment(path), null);
});

const indexAll = (run: ReturnType<typeof runFiles>) => {
  const bytes = readFileSync(run.spool);
  const builder = blockBuilder(0, 0);
  builder.add(bytes, bytes.length, 5);
  builder.flush();
  const writer = openIndexWriter(run.index);
  writer.append(builder.take());
  writer.close();
};
const readAll = async (run: ReturnType<typeof runFiles>) => {
  const source = await openSource(run, () => 0);
  const parts: Buffer[] = [];
  for (let at = source.start(); at < source.end();) {
    const bytes = Buffer.from(await source.read(at));
    parts.push(bytes);
    at += bytes.length;
  }
  await source.close();
  return Buffer.concat(parts).toString();
};
const text = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join('');

test('a crash between segment and release is mended at the next start', async () => {
  const { logsDir, run } = spooled(text);
  indexAll(run);
  const dead = { punch: () => new Promise<boolean>(() => undefined), works: () => true, stop() {} };
  void rotation({ segmentBytes: 65_536, punch: dead }).rotate(run);
  while ((await segmentRange(segmentPath(run, 1)).catch(() => null)) === null);
  writeFileSync(`${segmentPath(run, 2)}.tmp`, 'half');
  equal(await readAll(run), text);
  const before = statSync(run.spool).blocks;
  const punch = holePunch(logsDir);
  const rotating = rotation({ segmentBytes: 65_536, punch });
  await rotating.recover(run);
  ok(statSync(run.spool).blocks < before || !punch.works());
  await rotating.rotate(run);
  equal(await readAll(run), text);
  punch.stop();
});

test('without hole punching a spool is packed when its run is over', async () => {
  const { logsDir, run } = spooled(text);
  indexAll(run);
  const punch = holePunch(logsDir);
  equal(await punch.punch('./none/none.log', 8_192), false);
  equal(punch.works(), false);
  const rotating = rotation({ segmentBytes: 65_536, punch });
  equal(await rotating.rotate(run), 0);
  await rotating.retire(run);
  equal(statSync(run.spool, { throwIfNoEntry: false }), undefined);
  equal(await readAll(run), text);
  punch.stop();
});

const keep = (logsDir: string, limits: Partial<typeof DEFAULT_LIMITS>) =>
  retain({
    logsDir,
    limits: { ...DEFAULT_LIMITS, freeBytes: 0, ...limits },
    now: Date.now,
    order: (_, tokens) => tokens.toSorted(),
    boundOf: () => null,
    isOpen: () => false,
  });

test('what is too old goes, the last run stays', async () => {
  const { logsDir, run } = spooled('old\n', 'e-1');
  const last = runFiles(logsDir, 'api.1', 'e-2');
  writeFileSync(last.spool, 'last\n');
  indexAll(run);
  for (const { spool } of [run, last]) utimesSync(spool, 1_000, 1_000);
  equal(await keep(logsDir, {}), 1);
  const [gone] = readDropped(run.folder);
  deepEqual([gone?.token, gone?.lines, gone?.reason], ['e-1', 1, 'age']);
  equal(await readAll(last), 'last\n');
  equal(statSync(run.index, { throwIfNoEntry: false }), undefined);
});

test('a full disk takes the oldest logs first', async () => {
  const { logsDir, run } = spooled('old\n', 'e-1');
  writeFileSync(runFiles(logsDir, 'api.1', 'e-2').spool, 'last\n');
  equal(await keep(logsDir, { freeBytes: 2 ** 60 }), 1);
  equal(readDropped(run.folder)[0]?.reason, 'disk');
});

test('a deletion that a crash cut short is done again', async () => {
  const { logsDir, run } = spooled(text);
  indexAll(run);
  const punch = holePunch(logsDir);
  await rotation({ segmentBytes: 65_536, punch }).rotate(run);
  punch.stop();
  const range = (await segmentRange(segmentPath(run, 1)))!;
  recordDropped(run.folder, { token: 'e-1', ...range, lines: 1, reason: 'size', atMs: 1 });
  ok(!(await readAll(run)).includes('line 0\n'));
  await keep(logsDir, {});
  equal(statSync(segmentPath(run, 1), { throwIfNoEntry: false }), undefined);
});

test('neighbouring drops become one, and their number is bounded', () => {
  const made = folder();
  for (let n = 0; n < 1_000; n++)
    recordDropped(made, { token: 'a-1', start: n, end: n + 1, lines: 1, reason: 'size', atMs: n });
  equal(readDropped(made).length, 1);
  equal(readDropped(made)[0]?.lines, 1_000);
  writeFileSync(join(made, 'dropped.json'), 'torn');
  deepEqual(readDropped(made), []);
});

test('facts of runs nobody watched come from the run log', () => {
  const logsDir = folder();
  const runLog = join(logsDir, 'run.log');
  const exit = { kind: 'code', code: 7, posixSignal: null, endedBy: null, atMs: 9 };
  const entries = [
    { kind: 'intent', token: 'e-2', instance: 'api.1', reason: 'crash', atMs: 5 },
    { kind: 'intent', token: 'e-1', instance: 'api.1', reason: 'first-start', atMs: 4 },
    { kind: 'ended', token: 'e-1', exit },
  ];
  writeFileSync(runLog, `${entries.map((each) => JSON.stringify(each)).join('\n')}\n{"kind":"in`);
  const facts = runFacts(logsDir, runLog);
  equal(facts.of('api.1', 'e-1')?.exit?.code, 7);
  deepEqual(facts.order('api.1', ['e-2', 'e-1']), ['e-1', 'e-2']);
  rmSync(runLog);
  equal(runFacts(logsDir, runLog).of('api.1', 'e-1')?.exit?.code, 7);
});

const place = { service: 'api', instance: 'api.1', run: 'e-1' };
const boundary = (posixSignal: string | null, code: number, endedBy: 'hang' | null) =>
  runBoundary(
    place,
    {
      token: 'e-1',
      startedAtMs: 0,
      reason: null,
      pid: null,
      exit: { kind: 'code', code, posixSignal, endedBy, atMs: 61_000 },
    },
    null,
    [0, 0],
  ).text;
test('an end is told in words', () => {
  equal(boundary(null, 1, null), 'process ended: exit 1 after 1m 1s');
  equal(boundary('SIGKILL', 137, null), 'process ended: 137 (KILL or exit) after 1m 1s');
  equal(boundary('SIGKILL', 137, 'hang'), 'process ended: KILL, by us: hang after 1m 1s');
  deepEqual([5, 5_000, 3_600_000 * 30].map(spanText), ['5ms', '5s', '1d 6h']);
});

test('a pattern that explodes is stopped, a wrong one is named', () => {
  throws(() => compileGrep('/(a+)+$/', 100)([`${'a'.repeat(60)}b`]), { code: 'E-GREP-SLOW' });
  throws(() => compileGrep('/(/'), { code: 'E-GREP-PATTERN' });
  deepEqual(compileGrep('/A/gi')(['a', 'a', 'b']), [true, true, false]);
});

test('a flood reaches listeners in part, and the rest is counted', () => {
  const feed = lineFeed(() => 0);
  const run = runFiles('/x', 'api.1', 'e-1');
  let lines = 0;
  const off = feed.on((_instance, _token, each) => {
    lines += each.length;
  });
  const bytes = Buffer.from('0123456\n'.repeat(20_000));
  feed.take(run, bytes, 0, bytes.length);
  feed.take(run, bytes, 0, bytes.length);
  equal(lines * 8 + feed.skippedBytes(), 2 * bytes.length);
  ok(lines > 0 && lines * 8 <= 65_536);
  off();
  feed.take(run, bytes, 0, bytes.length);
  equal(lines * 8 + feed.skippedBytes(), 2 * bytes.length);
});

async function* give(batches: readonly (readonly TimedLine[])[]) {
  yield* batches;
}

test('merging keeps the order of each source and sorts what is sorted', async () => {
  const stream = fc.array(fc.array(fc.nat(50), { minLength: 1, maxLength: 5 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(stream, { maxLength: 4 }), fc.boolean(), async (times, sort) => {
      const sources = times.map((batches, source) => {
        const flat = batches.flat();
        if (sort) flat.sort((a, b) => a - b);
        return batches.map((batch) =>
          batch.map((_, index): TimedLine => {
            const at = flat[batches.slice(0, batches.indexOf(batch)).flat().length + index] ?? 0;
            return { atMs: at, line: { instance: String(source), at: String(at) } as LogLine };
          }),
        );
      });
      const merged: TimedLine[] = [];
      for await (const batch of mergeLines(sources.map(give))) merged.push(...batch);
      for (const [source, batches] of sources.entries())
        deepEqual(
          merged.filter(({ line }) => line.instance === String(source)),
          batches.flat(),
        );
      equal(merged.length, sources.flat(2).length);
      if (sort)
        deepEqual(
          merged.map(({ atMs }) => atMs),
          merged.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
        );
    }),
  );
});

test('a spool that shrinks below its segments is still read from them', async () => {
  const { logsDir, run } = spooled(text);
  indexAll(run);
  const punch = holePunch(logsDir);
  await rotation({ segmentBytes: 65_536, punch }).rotate(run);
  punch.stop();
  truncateSync(run.spool, 0);
  ok((await readAll(run)).startsWith('line 0\n'));
});

test('a folder of one run is not read again until it changes', async () => {
  const { logsDir, run } = spooled('one\n', 'e-1');
  utimesSync(run.folder, 1_000, 1_000);
  const memory = new Map<string, number>();
  const limits = { ...DEFAULT_LIMITS, freeBytes: 2 ** 60 };
  const order = (_: string, tokens: readonly string[]) => tokens.toSorted();
  const looking = { isOpen: () => false, boundOf: () => null, memory };
  const pass = () => retain({ logsDir, limits, now: Date.now, order, ...looking });
  equal(await pass(), 0);
  deepEqual([...memory], [[run.folder, 1_000_000]]);
  writeFileSync(runFiles(logsDir, 'api.1', 'e-2').spool, 'last\n');
  equal(await pass(), 1);
  deepEqual([...memory], []);
});
