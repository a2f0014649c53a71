import { describe, expect, test } from 'vitest';
import { openExperience } from '../../knowledge/experience.ts';
import type { Odds } from '../../knowledge/odds.ts';
import { choosePlan, fits } from './choose.ts';
import type { ChooseInput, Prepared, Tried } from './choose-input.ts';
import { allOn } from './flags.ts';
import type { Plan } from './plan.ts';
import {
  chooseInputOf,
  diagnosisOf,
  factsOf,
  nowMs,
  oddsOf,
  policyOf,
  preparedOf,
  runbookOf,
  stepOf,
} from './planning.contract.ts';
import { openRails } from './rails.ts';
import type { Runbook } from './runbook.ts';

const check = (changes: Partial<ChooseInput>, expected: Partial<Plan>) =>
  expect(choosePlan(chooseInputOf(changes))).toMatchObject(expected);
const book = (name: string, changes: Partial<Runbook> = {}, of: Partial<Prepared> = {}) =>
  preparedOf({ runbook: runbookOf({ name, ...changes }), ...of });
const tried = (runbook: string, changes: Partial<Tried> = {}): Tried => ({
  runbook,
  step: 'mend',
  result: 'no-effect',
  blockSame: false,
  ...changes,
});
const remembering = (...odds: readonly Partial<Odds>[]) => {
  const experience = openExperience();
  for (const one of odds.map((changes) => oddsOf(changes))) experience.arms.set(one.id, one);
  return experience;
};
const act = { kind: 'act' } as const;

describe('which runbooks fit', () => {
  const runbook = runbookOf();
  test('by class and confidence', () => expect(fits(runbook, diagnosisOf())).toBe(true));
  test('another class', () => expect(fits(runbook, diagnosisOf({ class: 'hang' }))).toBe(false));
  test('not certain enough', () =>
    expect(fits(runbook, diagnosisOf({ confidence: 0.69 }))).toBe(false));
});

describe('the odds and the cost', () => {
  // p = 0.5 * 0.9 + 0.3 * 0.1; C = (10 + 20) * 1 + 0.05 * 900.
  test('of a runbook that never ran', () =>
    check(
      {},
      { runbook: 'mend', success: expect.closeTo(0.48, 9), harm: 0.05, costS: 75, decision: act },
    ));
  test('what is learnt changes them: (1.5 + 6) / (3 + 6)', () =>
    check(
      { experience: remembering({ success: 6, harmless: 6, runs: 6, durationS: 12 }) },
      {
        success: expect.closeTo((7.5 / 9) * 0.9 + 0.03, 9),
        harm: 0.5 / 16,
        costS: 12 + (0.5 / 16) * 900,
      },
    ));
  test('with learning switched off nothing is known', () =>
    check(
      {
        experience: remembering({ success: 6, harmless: 6, runs: 6 }),
        flags: { ...allOn, learning: 0 },
      },
      { success: expect.closeTo(0.48, 9), costS: 75 },
    ));
});

describe('the order', () => {
  test('the likelier of equally dear ones', () =>
    check(
      { candidates: [book('a', { expectedSuccess: 0.6 }), book('b', { expectedSuccess: 0.8 })] },
      { runbook: 'b', decision: act },
    ));
  test('the cheaper of equally likely ones', () => {
    const slow = book('a', { steps: new Map([['mend', stepOf({ timeoutMs: 600_000 })]]) });
    check({ candidates: [slow, book('b')] }, { runbook: 'b', decision: act });
  });
  test('a likelier one that takes too long comes second', () => {
    const slow = book('a', {
      steps: new Map([['mend', stepOf({ timeoutMs: 600_000 })]]),
      expectedSuccess: 0.95,
    });
    check({ candidates: [slow, book('b')] }, { runbook: 'b' });
  });
  test('everything is ranked, nothing and a person among it', () => {
    const { ranking } = choosePlan(
      chooseInputOf({
        candidates: [book('a'), book('b', { expectedSuccess: 0.8 }), book('c', {}, { step: null })],
      }),
    );
    expect(ranking.map(({ runbook, note }) => [runbook, note])).toEqual([
      ['b', null],
      ['a', null],
      ['escalate', null],
      ['do-nothing', null],
      ['c', 'none of its branches is true'],
    ]);
  });
});

describe('a person instead', () => {
  test('no runbook at all', () =>
    check(
      { candidates: [] },
      { decision: { kind: 'escalate', reason: 'no runbook is written for it' } },
    ));
  // p * V = 0.48 * 60 s is less than C = 75 s.
  test('the best remedy does not pay for the time of a person', () =>
    check(
      { policy: policyOf({ escalationValueMs: 60_000 }) },
      {
        runbook: 'escalate',
        decision: { kind: 'escalate', reason: expect.stringContaining('48 %') },
      },
    ));
  test('three attempts did not cure it', () =>
    check(
      { tried: [tried('x'), tried('y'), tried('z')] },
      { decision: { kind: 'escalate', reason: '3 attempts did not cure it' } },
    ));
  test('a branch that calls a person is a plan of its runbook', () => {
    const words = book('network', {
      steps: new Map([['mend', stepOf({ action: 'escalate', with: { reason: 'a firewall' } })]]),
    });
    check({ candidates: [words] }, { runbook: 'network', decision: act });
  });
  test('and an act that pays comes before it', () => {
    const words = book('network', {
      steps: new Map([['mend', stepOf({ action: 'escalate', with: { reason: 'a firewall' } })]]),
    });
    check({ candidates: [words, book('b')] }, { runbook: 'b' });
  });
});

describe('what is not tried again in an incident', () => {
  const both = [book('a', { expectedSuccess: 0.9 }), book('b')];
  test.each(['no-effect', 'made-worse', 'fixed', 'fixed-then-recurred', 'aborted'] as const)(
    'a step that ended as %s',
    (result) => check({ candidates: both, tried: [tried('a', { result })] }, { runbook: 'b' }),
  );
  test('one that its runbook blocks', () =>
    check(
      { candidates: both, tried: [tried('a', { result: null, blockSame: true })] },
      { runbook: 'b' },
    ));
  test('another step of the same runbook may be', () =>
    check({ candidates: both, tried: [tried('a', { step: 'other' })] }, { runbook: 'a' }));
  test('nothing is left', () =>
    check(
      { tried: [tried('mend')] },
      { decision: { kind: 'escalate', reason: 'no runbook is left to try' } },
    ));
  test('a failure speaks against the diagnosis', () => {
    const { success } = choosePlan(chooseInputOf({ candidates: both, tried: [tried('a')] }));
    // Confidence falls from 0.9 to 0.9 * 0.1 / (0.9 * 0.1 + 0.1 * 0.7).
    const confidence = 0.09 / 0.16;
    expect(success).toBeCloseTo(0.5 * confidence + 0.3 * (1 - confidence), 9);
  });
});

describe('out of the question', () => {
  test('a never_when that is true', () =>
    check({ candidates: [book('a', {}, { never: 'freeze' })] }, { runbook: 'escalate' }));
  test('a runbook for other causes', () =>
    check({ diagnosis: diagnosisOf({ class: 'hang' }) }, { runbook: 'escalate' }));
  test('unless its raw trigger held', () =>
    check(
      { diagnosis: diagnosisOf({ class: 'hang' }), candidates: [preparedOf({ triggered: true })] },
      { runbook: 'mend' },
    ));
});

describe('doing nothing', () => {
  const heals = remembering({
    diagnosis: 'bad_config',
    runbook: 'do-nothing',
    step: 'wait',
    id: 'bad_config/do-nothing/wait',
    runbookVersion: 0,
    success: 20,
    failure: 1,
  });
  test('where things heal by themselves, waiting is cheapest', () =>
    check(
      { experience: heals },
      { runbook: 'do-nothing', decision: { kind: 'do-nothing', reason: expect.any(String) } },
    ));
  test('once an incident', () =>
    check(
      { experience: heals, tried: [tried('do-nothing', { step: 'wait' })] },
      { runbook: 'mend', decision: act },
    ));
});

describe('the gate', () => {
  test('is asked about the best', () =>
    check(
      { policy: policyOf({ autonomy: null }) },
      { runbook: 'mend', decision: { kind: 'suggest' }, reasons: expect.any(Array) },
    ));
  test('a lesser remedy does not slip past a person', () =>
    check(
      {
        policy: policyOf({ autonomy: null }),
        greenDrills: ['drill'],
        candidates: [book('a', { expectedSuccess: 0.9 }), book('b', { tests: ['drill'] })],
      },
      { runbook: 'a', decision: { kind: 'suggest' } },
    ));
  test('what is blocked for itself lets the next one try', () => {
    const block = { runbook: 'a', dedupe: 'api', untilMs: nowMs + 9, reason: 'it failed' };
    check(
      {
        rails: { ...openRails(), blocks: [block] },
        candidates: [book('a', { expectedSuccess: 0.9 }), book('b')],
      },
      { runbook: 'b', decision: act },
    );
    check(
      { rails: { ...openRails(), blocks: [block] }, candidates: [book('a')] },
      {
        runbook: 'a',
        decision: { kind: 'escalate', reason: expect.stringContaining('it failed') },
      },
    );
  });
  test('restarting the dead acts in the first week', () => {
    const start = { steps: new Map([['mend', stepOf({ action: 'service.start' })]]) };
    const dead = factsOf({ api: { dead: true, deadInstances: ['api.1'] } });
    const policy = policyOf({ autonomy: null });
    check({ policy, facts: dead, candidates: [book('start', start)] }, { decision: act });
    check({ policy, candidates: [book('start', start)] }, { decision: { kind: 'suggest' } });
  });
  test('the risk is that of the whole chain', () => {
    const steps = [stepOf({ next: 'then' }), stepOf({ id: 'then', risk: 'high' })];
    check(
      { candidates: [preparedOf({ runbook: runbookOf({}, steps) })] },
      { risk: 'high', decision: { kind: 'approve', untilMs: nowMs + 600_000 } },
    );
  });
});

describe("a person's order", () => {
  const orderedBy = 'ann';
  test('needs neither odds nor leave', () =>
    check(
      { orderedBy, policy: policyOf({ autonomy: null, escalationValueMs: 1 }) },
      { runbook: 'mend', decision: act },
    ));
  test('for another cause, too', () =>
    check({ orderedBy, diagnosis: diagnosisOf({ class: 'unknown' }) }, { decision: act }));
  test('passes no kill switch', () =>
    check(
      { orderedBy, rails: { ...openRails(), stopped: { atMs: 0, by: 'bob' } } },
      { decision: { kind: 'refuse', gate: 'kill-switch' } },
    ));
});

describe('a draw', () => {
  const two = [book('a', { expectedSuccess: 0.55 }), book('b', { expectedSuccess: 0.5 })];
  const chosen = (changes: Partial<ChooseInput>) =>
    new Set(
      Array.from({ length: 60 }, (_, n) => {
        const input = chooseInputOf({ candidates: two, flags: allOn, draw: n / 60, ...changes });
        return choosePlan(input).runbook;
      }),
    );
  test('tries the lesser known of harmless remedies, too', () =>
    expect(chosen({})).toEqual(new Set(['a', 'b'])));
  test('the same number draws the same', () => {
    const input = chooseInputOf({ candidates: two, flags: allOn, draw: 0.123 });
    expect(choosePlan(input)).toEqual(choosePlan(input));
  });
  test('never above low risk', () =>
    expect(chosen({ diagnosis: diagnosisOf({ confidence: 0.75 }) })).toEqual(new Set(['a'])));
  test('never where there is no way back', () => {
    const noWayBack = (name: string, expectedSuccess: number) =>
      book(name, { expectedSuccess, steps: new Map([['mend', stepOf({ undo: 'none' })]]) });
    expect(chosen({ candidates: [noWayBack('a', 0.55), noWayBack('b', 0.5)] })).toEqual(
      new Set(['a']),
    );
  });
  test('not when it is switched off', () =>
    expect(chosen({ flags: { ...allOn, optimization: 0 } })).toEqual(new Set(['a'])));
  test('an unlucky one calls nobody: what pays by all that is known is tried', () => {
    const slow = book('a', { steps: new Map([['mend', stepOf({ timeoutMs: 1_500_000 })]]) });
    expect(chosen({ candidates: [slow] })).toEqual(new Set(['a']));
  });
  test('the plan shows the mean, not the draw', () =>
    check({ flags: allOn, draw: 0.9 }, { success: expect.closeTo(0.48, 9) }));
});
