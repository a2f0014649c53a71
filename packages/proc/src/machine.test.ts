import { equal, match, ok } from 'node:assert/strict';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import {
  readBootId,
  readMachineId,
  readMemoryInfo,
  readOwnRssBytes,
  readProcessLimits,
} from './machine.ts';
import { readSmallFile, readSmallText } from './small-file.ts';

test('the boot has an id that stays', () => {
  match(readBootId(), /^[\da-f-]{36}$/);
  equal(readBootId(), readBootId());
  equal(readMachineId(), readMachineId());
});

test('memory is read in bytes', () => {
  const memory = readMemoryInfo();
  ok((memory?.totalBytes ?? 0) > 100_000_000);
  ok((memory?.availableBytes ?? 0) <= (memory?.totalBytes ?? 0));
  ok(readOwnRssBytes() > 10_000_000);
});

test('limits are numbers, or null for unlimited', () => {
  const limits = readProcessLimits();
  ok((limits?.openFiles.soft ?? 0) > 0);
  equal(readProcessLimits(2 ** 30), null);
});

test('a file larger than the kept buffer is read whole', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-proc-'));
  const text = 'x'.repeat(100_000);
  writeFileSync(join(dir, 'large'), text);
  equal(readSmallText(join(dir, 'large')), text);
  equal(readSmallFile(dir), null);
  equal(readSmallFile(join(dir, 'missing')), null);
  rmSync(dir, { recursive: true });
});
