import { equal, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { makeFolders } from './make-folders.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-folders-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('every level is made, for us only, and a second call changes nothing', () => {
  const deep = join(dir, 'a', 'b', 'c');
  makeFolders(deep);
  makeFolders(deep);
  equal(statSync(deep).mode & 0o777, 0o700);
  equal(statSync(join(dir, 'a')).mode & 0o777, 0o700);
});

test('a file in the way is an error', () => {
  writeFileSync(join(dir, 'a'), '');
  throws(() => makeFolders(join(dir, 'a', 'b')), /EEXIST/);
  throws(() => makeFolders(join(dir, 'a')), /EEXIST/);
});

test.skipIf(process.platform !== 'linux')('a file system without new entries is an error', () => {
  throws(() => makeFolders('/proc/fettle/runs'), /ENOENT/);
});
