import { describe, expect, test } from 'vitest';
import { betaMean } from './beta.ts';
import {
  estimate,
  harmsOf,
  noteRun,
  openExperience,
  type Ask,
  type Experience,
  type RunFacts,
} from './experience.ts';
import { armId, type Odds } from './odds.ts';

const arm = { diagnosis: 'db_down', runbook: 'db', step: 'start' };
const versions = { runbook: 1, service: 'v1' };
const ask: Ask = { arm, versions, expectedSuccess: 0.75, risk: 'low' };

/** Plays runs, each a change of a plain certain cure, and answers with what is remembered. */
function after(...runs: readonly Partial<RunFacts>[]): Experience {
  const experience = openExperience();
  for (const run of runs)
    noteRun(experience, {
      diagnosis: 'db_down',
      confidence: 1,
      runbook: 'db',
      versions,
      tries: ['start'],
      result: 'fixed',
      durationS: 10,
      odds: 0.8,
      approved: false,
      atMs: 1_000,
      ...run,
    });
  return experience;
}
const odds = (experience: Experience, step = 'start'): Odds =>
  experience.arms.get(armId({ ...arm, step }))!;
/** Cures and failures that count on top of three runs as the author guessed. */
const check = (experience: Experience, counts: readonly [a: number, b: number], of = {}) => {
  const { success } = estimate(experience, { ...ask, ...of });
  expect(success.a).toBeCloseTo(2.25 + counts[0], 6);
  expect(success.b).toBeCloseTo(0.75 + counts[1], 6);
};

describe('the odds of an arm', () => {
  test("at first: three runs of the author's guess", () => check(openExperience(), [0, 0]));
  test('without a guess: even', () => {
    const { success } = estimate(openExperience(), { ...ask, expectedSuccess: null });
    expect(success).toEqual({ a: 1.5, b: 1.5 });
  });
  test('one cure', () => check(after({}), [1, 0]));
  test('one failure', () => check(after({ result: 'no-effect' }), [0, 1]));
  test('an uncertain diagnosis counts less', () => check(after({ confidence: 0.6 }), [0.6, 0]));
  test('counts fade with each event of the diagnosis: 1 * 0.99 + 1', () =>
    check(after({}, {}), [1.99, 0]));
  test('other remedies fade, too', () => check(after({}, { tries: ['other'] }), [0.99, 0]));
  test('other diagnoses do not', () => check(after({}, { diagnosis: 'crash' }), [1.3, 0]));
  test('what came to no end teaches nothing', () =>
    check(after({ result: 'aborted' }, { result: 'unknown' }), [0, 0]));
});

describe('credit', () => {
  test('goes to the last try only', () => {
    const experience = after({ tries: ['continue', 'start'] });
    check(experience, [1, 0]);
    check(experience, [0, 1], { arm: { ...arm, step: 'continue' } });
  });
  test('a cure that did not last is replaced by a failure', () => {
    const experience = after({}, { result: 'fixed-then-recurred' });
    check(experience, [0, 1]);
    expect(odds(experience).runs).toBe(1);
  });
});

describe('versions', () => {
  test('counts of another version weigh half', () => {
    const experience = after({}, {});
    check(experience, [1.99 / 2, 0], { versions: { runbook: 2, service: 'v1' } });
    check(experience, [1.99 / 2, 0], { versions: { runbook: 1, service: 'v2' } });
  });
  test('once it ran in the new version they are halved for good: (1 * 0.99) / 2 + 1', () => {
    const next = { runbook: 2, service: 'v1' };
    check(after({}, { versions: next }), [0.495 + 1, 0], { versions: next });
  });
});

describe('an arm with few runs borrows', () => {
  test('0.3 of the same step under other diagnoses', () =>
    check(after({ diagnosis: 'db_hung' }, { diagnosis: 'db_hung', result: 'no-effect' }), [
      0.3 * 0.99,
      0.3,
    ]));
  test('at most six runs worth', () => {
    const many = Array.from({ length: 60 }, () => ({ diagnosis: 'db_hung' }));
    check(after(...many), [6, 0]);
  });
  test('not from other steps', () =>
    check(after({ diagnosis: 'db_hung', tries: ['restart'] }), [0, 0]));
  test('with five runs of its own no more', () => {
    const own = Array.from({ length: 6 }, () => ({}));
    const sum = 1 + 0.99 + 0.99 ** 2 + 0.99 ** 3 + 0.99 ** 4 + 0.99 ** 5;
    check(after({ diagnosis: 'db_hung' }, ...own), [sum, 0]);
  });
});

describe('harm', () => {
  test.each([
    ['low', 0.05],
    ['medium', 0.1],
    ['high', 0.2],
  ] as const)('%s risk: %d before it ever ran', (risk, expected) =>
    expect(betaMean(estimate(openExperience(), { ...ask, risk }).harm)).toBeCloseTo(expected, 9),
  );
  test('one harm in two runs: (0.5 + 1) / (10 + 1.99)', () => {
    const experience = after({}, { result: 'made-worse' });
    expect(betaMean(estimate(experience, ask).harm)).toBeCloseTo(1.5 / 11.99, 9);
    check(experience, [0.99, 1]);
  });
  test('is one for all diagnoses of a step', () => {
    const experience = after({}, { diagnosis: 'db_hung', result: 'made-worse' });
    expect(harmsOf(experience, arm)).toEqual({ harmed: 1, runs: 2 });
  });
});

describe('the standing', () => {
  const check = (experience: Experience, expected: Partial<Odds>) =>
    expect(odds(experience)).toMatchObject(expected);
  const failed = { result: 'no-effect' } as const;
  test('one harm costs five approved cures', () =>
    check(after({ result: 'made-worse' }), { owed: 5 }));
  test('approved cures pay, others do not', () =>
    check(after({ result: 'made-worse' }, { approved: true }, {}), { owed: 4 }));
  test('three failures in a row cost a level', () =>
    check(after(failed, failed, failed), { demoted: 1, failuresInRow: 0 }));
  test('a cure between them does not', () =>
    check(after(failed, failed, {}, failed), { demoted: 0, failuresInRow: 1 }));
  test('and a cure takes a level back', () =>
    check(after(failed, failed, failed, {}), { demoted: 0 }));
});

test('a trusted remedy that fails twice in a row is soon a doubtful one', () => {
  const ten = Array.from({ length: 10 }, () => ({}));
  const lost = (count: number) =>
    Array.from({ length: count }, () => ({ result: 'no-effect' as const }));
  const success = (experience: Experience) => betaMean(estimate(experience, ask).success);
  expect(success(after(...ten, ...lost(1)))).toBeGreaterThan(0.8);
  expect(success(after(...ten, ...lost(2)))).toBeLessThan(0.75);
  expect(odds(after(...ten, ...lost(2))).success).toBeLessThan(10 * 0.3);
});

test('the mean duration is learnt', () => {
  const experience = after({ durationS: 10 }, { durationS: 30 });
  expect(estimate(experience, ask).durationS).toBe(20);
  expect(estimate(openExperience(), ask).durationS).toBeNull();
});
test('forecasts are kept with what came', () =>
  expect(
    after({}, { result: 'no-effect', odds: 0.4 }, { odds: null }, { result: 'aborted' }).forecasts,
  ).toEqual([
    { odds: 0.8, cured: true },
    { odds: 0.4, cured: false },
  ]));
test('only what changed is answered', () => {
  const experience = after({ diagnosis: 'crash' }, { tries: ['other'] });
  const changed = noteRun(experience, {
    diagnosis: 'db_down',
    confidence: 1,
    runbook: 'db',
    versions,
    tries: ['start'],
    result: 'fixed',
    durationS: 1,
    odds: null,
    approved: false,
    atMs: 2_000,
  });
  expect(changed.map(({ id }) => id).toSorted()).toEqual(['db_down/db/other', 'db_down/db/start']);
});
test('what is remembered is plain JSON', () => {
  const { arms } = after({}, { result: 'made-worse' });
  const [kept] = [...arms.values()];
  expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
});
