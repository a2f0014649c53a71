import { expect, test } from 'vitest';
import { chainFrom, costOf, guessDurationS, impactOf } from './cost.ts';
import { diagnosisOf, factsOf, runbookOf, stepOf } from './planning.contract.ts';
import type { StackFacts } from './stack-facts.ts';

test('time and harm: 40 * 0.5 + 0.05 * 900', () =>
  expect(costOf({ durationS: 40, harm: 0.05, reversible: true, impact: 0.5 })).toBeCloseTo(65, 9));
test('harm without a way back counts three times: 20 + 135', () =>
  expect(costOf({ durationS: 40, harm: 0.05, reversible: false, impact: 0.5 })).toBeCloseTo(
    155,
    9,
  ));

const check = (facts: StackFacts, expected: number, affected: readonly string[] = []) =>
  expect(impactOf(diagnosisOf({ affected }), facts)).toBeCloseTo(expected, 9);
test('a stack of one suffers wholly', () => check(factsOf(), 1));
test('one of five alone', () => check(factsOf({ a: {}, b: {}, c: {}, d: {} }), 0.5));
test('two of four others hang on it', () =>
  check(factsOf({ api: { dependants: ['a', 'b'] }, a: {}, b: {}, c: {}, d: {} }), 0.75));
test('or suffer from it', () =>
  check(factsOf({ api: { dependants: ['a'] }, a: {}, b: {}, c: {}, d: {} }), 0.75, ['a', 'b']));
test('an optional one counts half', () =>
  check(factsOf({ api: { required: false }, a: {}, b: {}, c: {}, d: {} }), 0.25));

const steps = [
  stepOf({ id: 'a', next: 'b', onFail: 'c', timeoutMs: 30_000 }),
  stepOf({ id: 'b', timeoutMs: 60_000 }),
  stepOf({ id: 'c' }),
];
test('a chain follows the way without failures', () =>
  expect(chainFrom(runbookOf({}, steps), 'a').map(({ id }) => id)).toEqual(['a', 'b']));
test('a circle ends', () =>
  expect(chainFrom(runbookOf({}, [stepOf({ id: 'a', next: 'a' })]), 'a')).toHaveLength(1));
test('a third of the limits, and the proof: 10 + 20 + 5 + 15', () => {
  const runbook = runbookOf({}, steps);
  expect(guessDurationS(runbook, chainFrom(runbook, 'a'))).toBeCloseTo(50, 9);
});
