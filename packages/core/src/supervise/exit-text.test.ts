import { equal } from 'node:assert/strict';
import { test } from 'vitest';
import { exitText, startReasonText } from './exit-text.ts';
import type { RunExit } from './run.ts';

const check = (exit: Partial<RunExit>, expected: string) =>
  equal(
    exitText({ kind: 'code', code: 0, posixSignal: null, endedBy: null, atMs: 0, ...exit }),
    expected,
  );

test('a plain code is told as it is', () => check({ code: 1 }, 'exit 1'));
test('a code that may be a signal names both readings', () =>
  check({ code: 137, posixSignal: 'SIGKILL' }, '137 (KILL or exit 137)'));
test('a signal that the system reported is certain', () =>
  check({ kind: 'signal', code: null, posixSignal: 'SIGSEGV' }, 'killed by SEGV'));
test('what Fettle ended says why', () =>
  check({ code: 143, endedBy: 'config-changed' }, 'stopped by Fettle: config changed'));
test('a missing record is not guessed', () =>
  check({ kind: 'unknown', code: null }, 'unknown (no exit record)'));
test('a start reason reads as words', () => equal(startReasonText('crash'), 'after a crash'));
