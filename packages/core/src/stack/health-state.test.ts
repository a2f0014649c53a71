/** The state machine of one check: counts, flapping, and which failures may restart. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HealthCheck } from './health-check.ts';
import {
  changeRatio,
  countsAgainstLiveness,
  isDead,
  openCheckState,
  recordFinding,
  type Answer,
  type CheckState,
  type Finding,
} from './health-state.ts';

const check: HealthCheck = {
  name: 'health',
  role: 'both',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 5_000,
  timeoutMs: 2_000,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 0,
  required: true,
  attest: true,
};
const finding = (ok: boolean, answer: Answer = 'answered', attested: boolean | null = null) =>
  ({ ok, answer, attested, durationMs: 1, detail: ok ? 'HTTP 200' : 'HTTP 503' }) satisfies Finding;

/** `+` success, `-` failure; says what `up` is after each. */
function follow(marks: string, state: CheckState = openCheckState(check)): string {
  let said = '';
  for (const mark of marks) {
    recordFinding(state, finding(mark === '+'), 0, true);
    said += state.up === null ? '?' : state.up ? 'U' : 'D';
  }
  return said;
}

describe('up and down', () => {
  test('the first success after a start is enough', () => expect(follow('+')).toBe('U'));
  test('three failures in a row are down', () => expect(follow('+---')).toBe('UUUD'));
  test('two failures and a success are not', () => expect(follow('+--+--+')).toBe('UUUUUUU'));
  test('two successes bring it up again', () => expect(follow('+---+-++')).toBe('UUUDDDDU'));
  test('a run that never answered is down after three', () => expect(follow('---')).toBe('??D'));
  test('and up at its first success', () => expect(follow('---+')).toBe('??DU'));

  test('failures that do not count decide nothing', () => {
    const state = openCheckState(check);
    for (let i = 0; i < 10; i += 1) recordFinding(state, finding(false), 0, false);
    expect(state).toMatchObject({ up: null, failedInRow: 0, history: [] });
    expect(state.last?.ok).toBe(false);
  });

  test('whatever comes, down needs three failures in a row and up two successes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 80 }), (marks) => {
        const state = openCheckState(check);
        let before: boolean | null = null;
        marks.forEach((ok, i) => {
          recordFinding(state, finding(ok), i, true);
          const row = (count: number) => marks.slice(Math.max(0, i + 1 - count), i + 1);
          if (before !== false && state.up === false) expect(row(3)).toEqual([false, false, false]);
          if (before === false && state.up === true)
            expect(row(2).every(Boolean) || !marks.slice(0, i).includes(true)).toBe(true);
          before = state.up;
        });
        expect(state.history.length).toBeLessThanOrEqual(21);
      }),
    );
  });
});

const counts = (
  role: HealthCheck['role'],
  answer: Answer,
  everUp = true,
  attested: boolean | null = null,
) => {
  const state = { ...openCheckState({ ...check, role }), everUp };
  return countsAgainstLiveness(state, finding(false, answer, attested));
};

describe('which failures may restart', () => {
  test('readiness never does', () => expect(counts('readiness', 'silent')).toBe(false));
  test('liveness always does', () => expect(counts('liveness', 'answered')).toBe(true));
  test('503 to a check that is both does not', () =>
    expect(counts('both', 'answered')).toBe(false));
  test('silence does', () => expect(counts('both', 'silent', false)).toBe(true));
  test('a listener that vanished does', () => expect(counts('both', 'absent')).toBe(true));
  test('one that never was does not', () => expect(counts('both', 'absent', false)).toBe(false));
  test("an answer of somebody else's does not", () =>
    expect(counts('liveness', 'silent', true, false)).toBe(false));

  test('a blip of three seconds does not, however often it is asked', () => {
    const state = openCheckState({ ...check, role: 'liveness' });
    const dead = [0, 1_000, 2_000, 3_000, 4_000].map((atMs) => {
      recordFinding(state, finding(false), atMs, true);
      return isDead(state);
    });
    expect(dead).toEqual([false, false, false, false, true]);
  });
  test('an answer between silences starts the count anew', () => {
    const state = openCheckState(check);
    const silent = finding(false, 'silent');
    for (const one of [silent, silent, finding(false), silent, silent])
      recordFinding(state, one, 0, true);
    expect(isDead(state)).toBe(false);
    recordFinding(state, silent, 0, true);
    expect(isDead(state)).toBe(true);
  });
});

const ratioOf = (marks: string) => changeRatio([...marks].map((mark) => mark === '+'));

describe('flapping', () => {
  test('a steady history has no change', () => expect(ratioOf('+'.repeat(21))).toBe(0));
  test('one change after another is all of it', () =>
    expect(ratioOf('+-'.repeat(10) + '+')).toBeCloseTo(1));
  test('new changes weigh more than old ones', () =>
    expect(ratioOf('+'.repeat(20) + '-')).toBeGreaterThan(ratioOf('-' + '+'.repeat(20))));

  test('it begins once at half, and ends once below a quarter', () => {
    const state = openCheckState(check);
    const said: string[] = [];
    const say = (marks: string) => {
      for (const mark of marks)
        for (const change of recordFinding(state, finding(mark === '+'), 0, true))
          if (change.startsWith('flapping')) said.push(change);
    };
    say('+-'.repeat(12));
    expect(said).toEqual(['flapping-began']);
    say('+'.repeat(25));
    expect(said).toEqual(['flapping-began', 'flapping-ended']);
  });

  test('between the two bounds nothing changes', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 120 }), (marks) => {
        const state = openCheckState(check);
        for (const ok of marks) {
          const before = state.flapping;
          recordFinding(state, finding(ok), 0, true);
          const ratio = changeRatio(state.history);
          expect(ratio).toBeGreaterThanOrEqual(0);
          expect(ratio).toBeLessThanOrEqual(1.000_001);
          if (ratio >= 0.25 && ratio < 0.5) expect(state.flapping).toBe(before);
          else expect(state.flapping).toBe(ratio >= 0.5);
        }
      }),
    );
  });
});
