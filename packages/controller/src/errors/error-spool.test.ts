/** What was acknowledged is read back, over restarts, torn lines and new segments. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ErrorReport } from './error-report.ts';
import { openErrorSpool, type ErrorSpool, type SpoolCursor } from './error-spool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fettle-errors-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start: SpoolCursor = { segment: 0, offset: 0 };
const report = (message: string): ErrorReport => ({
  atMs: 1,
  service: 'api',
  fingerprint: 'f',
  message,
  stack: null,
  release: null,
});
async function drain(spool: ErrorSpool, from = start, maxBytes = 1_000_000) {
  const messages: string[] = [];
  let cursor = from;
  for (;;) {
    const batch = await spool.read(cursor, maxBytes);
    if (batch === null) return { messages, cursor };
    messages.push(...batch.reports.map(({ message }) => message));
    cursor = batch.cursor;
  }
}

test('many at once share a few syncs and all come back in order', async () => {
  const spool = await openErrorSpool({ folder, from: start });
  const wanted = Array.from({ length: 500 }, (_, index) => `m${index}`);
  await Promise.all(wanted.map((message) => spool.append([report(message)])));
  expect((await drain(spool)).messages).toEqual(wanted);
  expect((await drain(spool, start, 300)).messages).toEqual(wanted);
  await spool.close();
});
test('a new life goes on after the last, whatever that one left torn', async () => {
  const first = await openErrorSpool({ folder, from: start });
  await first.append([report('a'), report('b')]);
  const { cursor } = await drain(first);
  await first.append([report('c')]);
  await first.close();
  appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), '{"message":"torn');
  const second = await openErrorSpool({ folder, from: cursor });
  await second.append([report('d')]);
  expect((await drain(second, cursor)).messages).toEqual(['c', 'd']);
  await second.close();
});
test('full segments are followed by new ones, and leave once taken over', async () => {
  const spool = await openErrorSpool({ folder, from: start, maxSegmentBytes: 200 });
  for (let index = 0; index < 10; index += 1) await spool.append([report(`m${index}`)]);
  expect(readdirSync(folder).length).toBeGreaterThan(2);
  const { messages, cursor } = await drain(spool);
  expect(messages.length).toBe(10);
  await spool.release(cursor);
  expect(readdirSync(folder).length).toBe(1);
  await spool.close();
});
test('past its bound nothing is taken', async () => {
  const spool = await openErrorSpool({ folder, from: start, maxBytes: 50 });
  await spool.append([report('a')]);
  expect(() => spool.append([report('b')])).toThrow(/too many error reports/);
  await spool.close();
});
test('a folder that is gone is told, and nothing is acknowledged', async () => {
  const spool = await openErrorSpool({ folder, from: start });
  rmSync(folder, { recursive: true });
  await expect(spool.append([report('a')])).rejects.toThrow(/cannot be written/);
  await spool.close();
});
