import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, test } from 'vitest';
import { sqliteStore } from './stores/sqlite.ts';

const dir = mkdtempSync(join(tmpdir(), 'fettle-full-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a disk that takes no more loses no event, breaks no chain, ends no process', async () => {
  const path = join(dir, 'fettle.db');
  const program = fileURLToPath(new URL('disk-full.kit.ts', import.meta.url));
  // Ignored, so that a write beyond the limit fails with EFBIG instead of ending the process.
  const limited = 'trap "" XFSZ; ulimit -f 600; exec "$0" --conditions=source "$1" "$2"';
  const args = ['-c', limited, process.execPath, program, path];
  const { stdout } = await promisify(execFile)('/bin/sh', args, { timeout: 15_000 });
  const seen = JSON.parse(stdout);
  match(seen.trouble, /full|I\/O/);
  deepEqual(
    seen.newest,
    [8, 9, 10].map((n) => seen.written + n),
  );
  equal(seen.stored + seen.buffered, seen.written + 10);
  ok(seen.written > 10 && seen.chain);
  const store = sqliteStore(path);
  deepEqual([store.lastSeq(), store.verifyChain().ok], [seen.stored, true]);
  await store.close();
});
