import { deepEqual, equal } from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import type { RunLogEntry } from '@fettle/core/supervise/run-log';
import { openRunLog, readRunLog, rewriteRunLog } from './run-log-file.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-log-'));
  file = join(dir, 'run.log');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const entry = (service: string): RunLogEntry => ({ kind: 'reset', service });

test('what is appended is read back, by the next daemon too', () => {
  const first = openRunLog(file);
  first.append(entry('a'));
  first.close();
  const second = openRunLog(file);
  second.append(entry('b'));
  second.close();
  deepEqual(readRunLog(file), [entry('a'), entry('b')]);
});

test('a torn last line costs that line only', () => {
  writeFileSync(file, `${JSON.stringify(entry('a'))}\n{"kind":"intent","tok`);
  const log = openRunLog(file);
  log.append(entry('b'));
  log.close();
  deepEqual(readRunLog(file), [entry('a'), entry('b')]);
});

test('lines that are no entries are left out', () => {
  writeFileSync(file, `null\n7\n[]\n${JSON.stringify(entry('a'))}\nxx\n`);
  deepEqual(readRunLog(file), [entry('a')]);
});

test('no log is an empty log', () => deepEqual(readRunLog(file), []));

test('a log that cannot be written is kept in memory and written later', () => {
  const missing = join(dir, 'later', 'run.log');
  const log = openRunLog(missing);
  log.append(entry('a'));
  equal(log.durable(), false);
  log.append(entry('b'));
  mkdirSync(join(dir, 'later'));
  log.append(entry('c'));
  equal(log.durable(), true);
  log.close();
  deepEqual(readRunLog(missing), [entry('a'), entry('b'), entry('c')]);
});

test('rewriting replaces the whole log', () => {
  appendFileSync(file, 'rubbish\n');
  rewriteRunLog(file, [entry('a')]);
  equal(readFileSync(file, 'utf8'), `${JSON.stringify(entry('a'))}\n`);
});

test('a rewrite that fails leaves the log as it was', () => {
  rewriteRunLog(join(dir, 'nowhere', 'run.log'), [entry('a')]);
  deepEqual(readRunLog(join(dir, 'nowhere', 'run.log')), []);
});
