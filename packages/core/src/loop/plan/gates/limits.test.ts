import { expect, test } from 'vitest';
import type { GateInput } from '../gate-input.ts';
import type { Decision } from '../plan.ts';
import { gateInputOf, nowMs, runbookOf, stepOf } from '../planning.contract.ts';
import { openRails, type RailRun, type Rails } from '../rails.ts';
import { limits } from './limits.ts';

/** `stop` null: it passes. */
const check = (changes: Partial<GateInput>, stop: Partial<Decision> | null, text: RegExp) => {
  const answer = limits.ask(gateInputOf(changes));
  expect([answer.stop, answer.text]).toEqual([
    stop === null ? null : expect.objectContaining(stop),
    expect.stringMatching(text),
  ]);
};

const minuteMs = 60_000;
const run = (agoMs: number, changes: Partial<RailRun> = {}): RailRun => ({
  runId: `run-${agoMs}`,
  runbook: 'mend',
  dedupe: 'api',
  step: 'mend',
  startedMs: nowMs - agoMs,
  endedMs: nowMs - agoMs + 1_000,
  result: 'no-effect',
  ...changes,
});
const rails = (changes: Partial<Rails>): Partial<GateInput> => ({
  rails: { ...openRails(), ...changes },
});
const runs = (...all: readonly RailRun[]) => rails({ runs: [...all] });

test('never run', () => check({}, null, /within/));
test('it cools down for five minutes', () =>
  check(
    runs(run(2 * minuteMs)),
    { kind: 'wait', untilMs: nowMs + 3 * minuteMs + 1_000 },
    /cooldown is 5m/,
  ));
test('the runbook says for how long', () => {
  const limits = { ...runbookOf().limits, cooldownMs: 30_000 };
  check({ ...runs(run(2 * minuteMs)), runbook: runbookOf({ limits }) }, null, /within/);
});
test('a call of a person does not wait', () => {
  const step = stepOf({ action: 'escalate' });
  check({ ...runs(run(minuteMs)), step, runbook: runbookOf({}, [step]) }, null, /within/);
});
test('nor does an act wait because a person was called before', () => {
  const steps = [stepOf(), stepOf({ id: 'call', action: 'escalate' })];
  const called = run(minuteMs, { step: 'call' });
  check({ ...runs(called, called, called), runbook: runbookOf({}, steps) }, null, /within/);
});
test('nor because nothing could be done before', () =>
  check(runs(run(minuteMs, { touched: false })), null, /within/));
test('another key does not cool', () =>
  check(runs(run(minuteMs, { dedupe: 'db' })), null, /within/));
test('its own run does not count', () =>
  check({ ...runs(run(minuteMs)), runId: `run-${minuteMs}` }, null, /within/));
test('three runs in an hour reach a person', () =>
  check(
    runs(run(50 * minuteMs), run(30 * minuteMs), run(10 * minuteMs)),
    { kind: 'escalate' },
    /3 runs in 1h/,
  ));
test('older ones do not count', () =>
  check(runs(run(61 * minuteMs), run(30 * minuteMs), run(10 * minuteMs)), null, /within/));
test('cured three times in an hour, by whatever, is chronic', () => {
  const fixed = (agoMs: number, runbook: string) => run(agoMs, { runbook, result: 'fixed' });
  check(
    runs(fixed(50 * minuteMs, 'a'), fixed(30 * minuteMs, 'b'), fixed(10 * minuteMs, 'c')),
    { kind: 'escalate' },
    /mended 3 times/,
  );
});
test('blocked after failures', () =>
  check(
    rails({
      blocks: [{ runbook: 'mend', dedupe: 'api', untilMs: nowMs + minuteMs, reason: 'it failed' }],
    }),
    { kind: 'escalate' },
    /it failed; blocked for 1m/,
  ));
test('the block is over', () =>
  check(
    rails({ blocks: [{ runbook: 'mend', dedupe: 'api', untilMs: nowMs, reason: 'it failed' }] }),
    null,
    /within/,
  ));
const vain = rails({ fires: { mend: { runs: 10, falseFires: 2, disabledMs: nowMs } } });
test('what fires in vain only suggests', () => check(vain, { kind: 'suggest' }, /20 %/));
test('unless a person orders it', () => check({ ...vain, approvedBy: 'ann' }, null, /within/));
