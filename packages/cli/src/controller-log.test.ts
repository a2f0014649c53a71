import { equal } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { controllerLog } from './controller-log.ts';

test('the file of the newest run is named, or the folder before there is one', () => {
  const logsDir = mkdtempSync(join(tmpdir(), 'fettle-controller-log-'));
  try {
    const folder = join(logsDir, '@controller.1');
    equal(controllerLog({ logsDir }), folder);
    mkdirSync(folder);
    const [older, newer] = [join(folder, 'e-9.log'), join(folder, 'e-10.log')];
    writeFileSync(older, '');
    // Birth times are of the clock's tick: until it has moved both would be as old.
    while (statSync(older).birthtimeMs >= Date.now() - 20);
    writeFileSync(newer, '');
    writeFileSync(join(folder, 'e-11.idx'), '');
    equal(controllerLog({ logsDir }), newer);
  } finally {
    rmSync(logsDir, { recursive: true, force: true });
  }
});
