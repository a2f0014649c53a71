import { describe, expect, test } from 'vitest';
import { grantOf, isReversible, type Standing } from './autonomy.ts';
import { actionOf, oddsOf, policyOf, runbookOf, stepOf } from './planning.contract.ts';
import type { Autonomy } from './policy.ts';

const earned = oddsOf({ success: 30, failure: 1, harmless: 31, runs: 31 });
const check = (changes: Partial<Standing>, expected: Autonomy, reason: RegExp) => {
  const grant = grantOf({
    policy: policyOf({ autonomy: null }),
    target: 'api',
    odds: null,
    harm: { harmed: 0, runs: 0 },
    risk: 'low',
    drillsGreen: false,
    brier: null,
    restartsTheDead: false,
    ...changes,
  });
  expect([grant.autonomy, grant.reason]).toEqual([expected, expect.stringMatching(reason)]);
};
const alone = { odds: earned, harm: { harmed: 0, runs: 40 } } as const;

describe('the first week', () => {
  test('restarting the dead acts at once', () => check({ restartsTheDead: true }, 'full', /died/));
  test('everything else is suggested', () => check({}, 'suggest', /never run/));
});

describe('what a person set wins', () => {
  test('for all', () => check({ policy: policyOf({ autonomy: 'safe' }) }, 'safe', /by policy/));
  test('for one service', () =>
    check({ policy: policyOf({ autonomyOf: { api: 'observe' } }) }, 'observe', /for api/));
  test('also over restarting the dead', () =>
    check(
      { policy: policyOf({ autonomy: 'observe' }), restartsTheDead: true },
      'observe',
      /policy/,
    ));
  test('and over what was earned', () =>
    check({ ...alone, policy: policyOf({ autonomy: 'approve' }) }, 'approve', /policy/));
});

describe('earning it', () => {
  test('enough cures, harm at most 5 %', () => check(alone, 'full', /earned: 31 runs/));
  // 7 cures of 8 are at least 0.66 with 90 %; 8 of 8 are 0.83.
  test('success at least 0.70 with 90 %', () => {
    const harm = { harmed: 0, runs: 40 };
    check({ harm, odds: oddsOf({ success: 8, runs: 8 }) }, 'full', /83 %/);
    check({ harm, odds: oddsOf({ success: 7, failure: 1, runs: 8 }) }, 'approve', /66 %/);
  });
  test('seven runs are too few, however good', () =>
    check(
      { odds: oddsOf({ success: 7, runs: 7 }), harm: { harmed: 0, runs: 40 } },
      'approve',
      /not yet alone/,
    ));
  test('one harm in 40 is at most 8 %: too much', () =>
    check({ odds: earned, harm: { harmed: 1, runs: 40 } }, 'approve', /not yet alone/));
  test('31 harmless runs are not enough, 32 are', () => {
    check({ odds: earned, harm: { harmed: 0, runs: 31 } }, 'approve', /harm at most 5 %/);
    check({ odds: earned, harm: { harmed: 0, runs: 32 } }, 'full', /earned/);
  });
  test('three good runs are worth a question', () =>
    check({ odds: oddsOf({ success: 3, runs: 3 }) }, 'approve', /not yet alone/));
  test('failures are not', () =>
    check({ odds: oddsOf({ success: 2, failure: 3, runs: 5 }) }, 'suggest', /not yet earned/));
  test('its drills passed here', () => check({ drillsGreen: true }, 'safe', /drills/));
  test('drills are not enough above low risk', () =>
    check({ drillsGreen: true, risk: 'medium' }, 'suggest', /never run/));
});

describe('losing it', () => {
  test('it made something worse: ask until five cures are paid', () =>
    check({ ...alone, odds: { ...earned, owed: 2 } }, 'approve', /2 approved cures/));
  test('failures in a row cost a level each time', () => {
    check({ ...alone, odds: { ...earned, demoted: 1 } }, 'safe', /in a row/);
    check({ ...alone, odds: { ...earned, demoted: 2 } }, 'approve', /in a row/);
    check({ ...alone, odds: { ...earned, demoted: 9 } }, 'suggest', /in a row/);
  });
  test('odds that were wrong too often', () => {
    check({ ...alone, brier: 0.26 }, 'approve', /not trustworthy/);
    check({ ...alone, brier: 0.25 }, 'full', /earned/);
  });
  test('what is suggested stays suggested', () => check({ brier: 0.4 }, 'suggest', /never run/));
});

test('reversible is what the action, the step and the runbook call so', () => {
  const of = (action: string, undo: 'action' | 'none', reversible: boolean) =>
    isReversible({
      action: actionOf(action),
      step: stepOf({ undo }),
      runbook: runbookOf({ risk: { base: 'low', dataLoss: false, reversible } }),
    });
  expect([
    of('config.rollback', 'action', true),
    of('service.restart', 'action', true),
    of('config.rollback', 'none', true),
    of('config.rollback', 'action', false),
  ]).toEqual([true, false, false, false]);
});
