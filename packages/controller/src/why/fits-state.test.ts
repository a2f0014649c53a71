import { equal } from 'node:assert/strict';
import { test } from 'vitest';
import type { State } from '@fettle/sdk/api/status';
import { fitsState } from './fits-state.ts';

const check = (cause: string, state: State, expected: boolean) =>
  equal(fitsState(cause, state), expected);

test('a failure is not told beside ok', () => check('refused-dependency', 'ok', false));
test('nor is the trouble of a dependency', () => check('affected-by-dependency', 'ok', false));
test('a note is', () => check('restarted', 'ok', true));
test('a note is no reason for a failure', () => check('restarted', 'failing', false));
test('nor is a turn that is waited for', () => check('waiting-to-start', 'failing', false));
test('nor for what a dependency does', () => check('port-moved', 'affected', false));
test('the dependency is', () => check('affected-by-dependency', 'affected', true));
test('a failure is its own reason', () => check('exit-code', 'crash-loop', true));
test('how a run ended explains that the next one starts', () =>
  check('exit-code', 'starting', true));
