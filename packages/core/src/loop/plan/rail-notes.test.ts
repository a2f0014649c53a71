import { describe, expect, test } from 'vitest';
import type { Change } from '../collect/change.ts';
import { defaultPolicy } from './policy.ts';
import {
  noteAct,
  noteBegin,
  noteDeploy,
  noteEmergencyStop,
  noteFalseFire,
  noteFire,
  noteFreeze,
  noteHold,
  noteObservation,
  noteOutcome,
  notePause,
  noteRelease,
  noteResume,
  noteTrust,
} from './rail-notes.ts';
import { openRails, pauseOf, type Rails } from './rails.ts';

const policy = defaultPolicy;
const hold = (runId: string) => ({
  runId,
  runbook: 'mend',
  dedupe: 'api',
  targets: ['api'],
  sinceMs: 1_000,
});
/** Does all of this, takes it through JSON as a restart would, and looks at the rails. */
const check = (happens: (rails: Rails) => void, expected: Partial<Rails>) => {
  const rails = openRails();
  happens(rails);
  expect(JSON.parse(JSON.stringify(rails))).toMatchObject(expected);
};
const run = (
  rails: Rails,
  runId: string,
  result: 'fixed' | 'no-effect' | 'aborted',
  nowMs = 2_000,
) => {
  noteBegin(rails, hold(runId), 'mend');
  noteOutcome(rails, { runId, result }, { policy, nowMs });
};

describe('pauses', () => {
  test('one per service, the newest counts', () =>
    check(
      (rails) => {
        notePause(rails, { service: 'api', untilMs: 5, by: 'ann' });
        notePause(rails, { service: 'api', untilMs: null, by: 'bob' });
      },
      { pauses: [{ service: 'api', untilMs: null, by: 'bob' }] },
    ));
  test('resuming a service leaves the pause of the loop', () =>
    check(
      (rails) => {
        notePause(rails, { service: null, untilMs: null, by: 'ann' });
        notePause(rails, { service: 'api', untilMs: null, by: 'ann' });
        noteResume(rails, 'api');
      },
      { pauses: [{ service: null, untilMs: null, by: 'ann' }] },
    ));
  test('resuming the loop ends stop and freeze', () =>
    check(
      (rails) => {
        noteEmergencyStop(rails, 'ann', 1);
        noteFreeze(rails, 9);
        noteResume(rails, null);
      },
      { stopped: null, frozenUntilMs: 0 },
    ));
  test('they end by themselves', () => {
    const rails = openRails();
    notePause(rails, { service: 'api', untilMs: 5, by: 'ann' });
    expect([
      pauseOf(rails, 'api', 4)?.by,
      pauseOf(rails, 'api', 5),
      pauseOf(rails, null, 4),
    ]).toEqual(['ann', null, null]);
  });
});

describe('runs', () => {
  test('a run holds its targets until it ends', () => {
    check((rails) => noteHold(rails, hold('run-1')), { holds: [hold('run-1')], runs: [] });
    check((rails) => noteBegin(rails, hold('run-1'), 'mend'), {
      holds: [hold('run-1')],
      runs: [expect.objectContaining({ runId: 'run-1', startedMs: 1_000, endedMs: null })],
    });
    check((rails) => run(rails, 'run-1', 'fixed'), {
      holds: [],
      runs: [expect.objectContaining({ endedMs: 2_000, result: 'fixed' })],
    });
  });
  test('what never ran counts as no run', () =>
    check(
      (rails) => {
        noteHold(rails, hold('run-1'));
        noteRelease(rails, 'run-1');
      },
      { holds: [], runs: [] },
    ));
  test('a later word on a run replaces the earlier', () =>
    check(
      (rails) => {
        run(rails, 'run-1', 'fixed');
        noteOutcome(
          rails,
          { runId: 'run-1', result: 'fixed-then-recurred' },
          { policy, nowMs: 9_000 },
        );
      },
      { runs: [expect.objectContaining({ endedMs: 2_000, result: 'fixed-then-recurred' })] },
    ));
  test('at most 300 are kept', () => {
    const rails = openRails();
    for (let n = 0; n < 305; n += 1) run(rails, `run-${n}`, 'fixed');
    expect([rails.runs.length, rails.runs[0]?.runId]).toEqual([300, 'run-5']);
  });
});

describe('blocks', () => {
  const failing = (...results: readonly ('fixed' | 'no-effect' | 'aborted')[]) => {
    const rails = openRails();
    for (const [index, result] of results.entries()) run(rails, `run-${index}`, result);
    return rails.blocks;
  };
  test('three failures in a row block for an hour', () =>
    expect(failing('fixed', 'no-effect', 'no-effect', 'no-effect')).toEqual([
      {
        runbook: 'mend',
        dedupe: 'api',
        untilMs: 2_000 + 3_600_000,
        reason: 'mend failed 3 times in a row',
      },
    ]));
  test('two do not', () => expect(failing('no-effect', 'no-effect')).toEqual([]));
  test('a cure between them', () =>
    expect(failing('no-effect', 'fixed', 'no-effect', 'no-effect')).toEqual([]));
  test('what was aborted counts neither way', () =>
    expect(failing('no-effect', 'aborted', 'no-effect', 'no-effect')).toHaveLength(1));
  test('they are forgotten when over', () => {
    const rails = openRails();
    for (const id of ['a', 'b', 'c']) run(rails, id, 'no-effect');
    run(rails, 'd', 'fixed', 4_000_000);
    expect(rails.blocks).toEqual([]);
  });
});

describe('acts, commands, deploys', () => {
  test('the last act per target', () =>
    check(
      (rails) => {
        noteAct(rails, { targets: ['api', 'db'], runId: 'run-1', action: 'a' }, 1_000);
        noteAct(rails, { targets: ['db'], runId: 'run-2', action: 'b' }, 2_000);
      },
      {
        acts: {
          api: { atMs: 1_000, runId: 'run-1', action: 'a' },
          db: { atMs: 2_000, runId: 'run-2', action: 'b' },
        },
      },
    ));
  test('they are forgotten after a day', () => {
    const rails = openRails();
    noteAct(rails, { targets: ['api'], runId: 'run-1', action: 'a' }, 0);
    noteAct(rails, { targets: ['db'], runId: 'run-2', action: 'b' }, 86_400_001);
    expect(Object.keys(rails.acts)).toEqual(['db']);
  });
  const change = (changes: Partial<Change>) => {
    const rails = openRails();
    const row = {
      atMs: 5,
      kind: 'file',
      service: 'api',
      actor: 'file system',
      text: 'x',
      path: null,
    };
    const noted = noteObservation(rails, {
      kind: 'changed',
      change: { ...row, ...changes } as Change,
    });
    return [noted, rails.manual] as const;
  };
  test('an edit is a person at work', () =>
    expect(change({})).toEqual([true, { api: { atMs: 5, text: 'x' } }]));
  test('our own acts, drills and what has no service are not', () => {
    for (const changes of [{ actor: 'fettle' }, { kind: 'drill' }, { service: null }] as const)
      expect(change(changes)).toEqual([false, {}]);
  });
  test('a command through Fettle is', () => {
    const rails = openRails();
    noteObservation(rails, { kind: 'intended', atMs: 7, service: 'api', want: 'restart' });
    expect(rails.manual).toEqual({ api: { atMs: 7, text: 'asked for restart' } });
  });
  test('any other observation is not', () =>
    expect(noteObservation(openRails(), { kind: 'own-pause', fromMs: 0, toMs: 1 })).toBe(false));
  test('a deploy, until it ends or is an hour old', () => {
    const rails = openRails();
    noteDeploy(rails, { service: 'api', open: true }, 0);
    noteDeploy(rails, { service: 'db', open: true }, 1_000);
    noteDeploy(rails, { service: 'db', open: false }, 2_000);
    expect(rails.deploys).toEqual({ api: 0 });
    noteDeploy(rails, { service: 'web', open: true }, 3_600_001);
    expect(rails.deploys).toEqual({ web: 3_600_001 });
  });
});

describe('false fires', () => {
  const fires = (runs: number, falseFires: number) => {
    const rails = openRails();
    for (let n = 0; n < runs; n += 1) noteFire(rails, 'mend');
    for (let n = 0; n < falseFires; n += 1) noteFalseFire(rails, 'mend', 9);
    return rails;
  };
  test('two of ten: it may only suggest from now on', () =>
    expect(fires(10, 2).fires).toEqual({ mend: { runs: 10, falseFires: 2, disabledMs: 9 } }));
  test('one of ten is 10 %, and not more', () =>
    expect(fires(10, 1).fires['mend']?.disabledMs).toBeNull());
  test('two of nine are too few runs to tell', () =>
    expect(fires(9, 2).fires['mend']?.disabledMs).toBeNull());
  test('a person may trust it again', () => {
    const rails = fires(10, 2);
    noteTrust(rails, 'mend');
    expect(rails.fires).toEqual({});
  });
});
