/** Services run by the clock: on time, late, overlapping, across daemons and clocks that jump. */
import { describe, expect, test } from 'vitest';
import type { Schedule } from '../stack/schedule.ts';
import {
  exit,
  exitWith,
  only,
  openStage,
  pass,
  send,
  serviceOf,
  spawned,
  stackOf,
  view,
  type Stage,
} from './stage.ts';

const hourMs = 3_600_000;
const schedule: Schedule = {
  cron: '0 * * * *',
  timezone: 'UTC',
  missed: 'once',
  overlap: 'skip',
  jitterMs: 0,
  graceMs: 600_000,
  maxRuntimeMs: null,
};
const job = (more: Partial<Schedule> = {}, dependsOn: readonly string[] = []) =>
  serviceOf('job', {
    restart: 'no',
    oneShot: true,
    schedule: { ...schedule, ...more },
    dependsOn: dependsOn.map((service) => ({
      service,
      condition: 'service_completed_successfully' as const,
      required: true,
      restart: false,
    })),
  });
/** The wall clock of the stage, and how long until the next full hour on it. */
const wallMs = (stage: Stage): number => stage.nowMs + 1e12;
const toHourMs = (stage: Stage): number => hourMs - (wallMs(stage) % hourMs);
const told = (stage: Stage): readonly string[] =>
  only(stage.effects, 'publish').flatMap(({ notice }) =>
    notice.kind === 'schedule' ? [notice.what] : [],
  );

describe('on time', () => {
  test('nothing runs before its moment, then it runs once, and rests until the next', () => {
    const stage = openStage([job()]);
    expect(spawned(stage.effects)).toEqual([]);
    expect(view(stage, 'job.1').state).toBe('done');
    const waitMs = toHourMs(stage);
    expect(spawned(pass(stage, waitMs - 1))).toEqual([]);
    expect(spawned(pass(stage, 1))).toEqual(['job.1']);
    expect(view(stage, 'job.1').startReason).toBe('schedule');
    exit(stage, 'job.1', exitWith(0));
    expect(view(stage, 'job.1').state).toBe('done');
    expect(spawned(pass(stage, hourMs))).toEqual(['job.1']);
  });
  test('a failed run shows until the next one succeeds', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    exit(stage, 'job.1', exitWith(3));
    expect(view(stage, 'job.1').state).toBe('failed');
    send(stage, { kind: 'stack-applied', stack: stackOf([job()]) });
    expect(view(stage, 'job.1').state).toBe('failed');
    pass(stage, hourMs);
    exit(stage, 'job.1', exitWith(0));
    expect(view(stage, 'job.1').state).toBe('done');
  });
  test('jitter is the same for the same moment, and within its bound', () => {
    const begins = [1, 2].map(() => {
      const stage = openStage([job({ jitterMs: 600_000 })]);
      pass(stage, toHourMs(stage) - 1);
      const dueMs = wallMs(stage) + 1;
      pass(stage, 600_001);
      return (view(stage, 'job.1').schedule?.lastBeganAtMs ?? 0) - dueMs;
    });
    expect(begins[0]).toBe(begins[1]);
    expect(begins[0]).toBeGreaterThan(0);
    expect(begins[0]).toBeLessThan(600_000);
  });
  test('a person may run it between, or stop its clock', () => {
    const stage = openStage([job()]);
    const command = (word: 'start' | 'stop') =>
      send(stage, { kind: 'command-given', command: word, services: ['job'], actor: 'test' });
    expect(spawned(command('start'))).toEqual(['job.1']);
    exit(stage, 'job.1', exitWith(0));
    command('stop');
    expect(view(stage, 'job.1').schedule?.nextAtMs).toBeNull();
    expect(spawned(pass(stage, 5 * hourMs))).toEqual([]);
    expect(told(stage)).toEqual([]);
  });
  test('an edit does not end the run that is at work, nor begin one', () => {
    const stage = openStage([job()]);
    const edited = { ...job(), command: ['other'] };
    send(stage, { kind: 'stack-applied', stack: stackOf([edited]) });
    expect(spawned(stage.effects)).toEqual([]);
    pass(stage, toHourMs(stage));
    const effects = send(stage, { kind: 'stack-applied', stack: stackOf([job()]) });
    expect(only(effects, 'signal')).toEqual([]);
    expect(view(stage, 'job.1').state).toBe('running');
  });
});

describe('overlap', () => {
  const overlapping = (overlap: Schedule['overlap']): Stage => {
    const stage = openStage([job({ overlap })]);
    pass(stage, toHourMs(stage));
    pass(stage, 3 * hourMs);
    return stage;
  };
  test('skip: the moments of a long run pass', () => {
    const stage = overlapping('skip');
    expect(told(stage)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(spawned(exit(stage, 'job.1', exitWith(0)))).toEqual([]);
    expect(view(stage, 'job.1').schedule?.skipped).toBe(3);
    expect(spawned(pass(stage, hourMs))).toEqual(['job.1']);
  });
  test('queue: one follows at once, more do not', () => {
    const stage = overlapping('queue');
    expect(told(stage)).toEqual(['held', 'skipped', 'skipped']);
    expect(spawned(exit(stage, 'job.1', exitWith(0)))).toEqual(['job.1']);
    expect(spawned(exit(stage, 'job.1', exitWith(0)))).toEqual([]);
  });
  test('replace: the old run is asked to end, the new one begins when it has', () => {
    const stage = openStage([job({ overlap: 'replace' })]);
    pass(stage, toHourMs(stage));
    const effects = pass(stage, hourMs);
    expect(only(effects, 'signal').map(({ posixSignal }) => posixSignal)).toEqual(['SIGTERM']);
    expect(spawned(exit(stage, 'job.1', exitWith(143)))).toEqual(['job.1']);
    expect(view(stage, 'job.1').lastExit?.endedBy).toBe('next-run');
  });
});

describe('missed', () => {
  /** The stage sleeps: no timer fires while time passes. */
  const after = (missed: Schedule['missed'], ms: number): Stage => {
    const stage = openStage([job({ missed })]);
    pass(stage, toHourMs(stage) - 60_000);
    stage.nowMs += ms;
    return stage;
  };
  const begun = (stage: Stage): number => {
    let count = spawned(pass(stage, 30_000)).length;
    for (let more = 1; more > 0; count += more) {
      if (view(stage, 'job.1').token === null) return count;
      more = spawned(exit(stage, 'job.1', exitWith(0))).length;
    }
    return count;
  };
  test('once: the newest is made up for', () => {
    const stage = after('once', 5.5 * hourMs);
    expect(begun(stage)).toBe(1);
    expect(told(stage)).toEqual(['missed', 'late']);
    expect(view(stage, 'job.1').schedule).toMatchObject({ missed: 5, alarm: null });
  });
  test('skip: none is, and that is an alarm until the next run', () => {
    const stage = after('skip', 5.5 * hourMs);
    expect(begun(stage)).toBe(0);
    expect(told(stage)).toEqual(['missed', 'alarm']);
    expect(view(stage, 'job.1').schedule?.alarm).toMatch(/^the run due at .* was missed$/);
    pass(stage, hourMs);
    expect(view(stage, 'job.1').schedule?.alarm).toBeNull();
  });
  test('all: each is, one after another, of many the last 24', () => {
    expect(begun(after('all', 5.5 * hourMs))).toBe(6);
    const stage = after('all', 100.5 * hourMs);
    expect(begun(stage)).toBe(24);
    expect(view(stage, 'job.1').schedule?.missed).toBe(77);
  });
  test('the next daemon knows what its predecessor had begun and what was missed', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    exit(stage, 'job.1', exitWith(0));
    const later = (ms: number) => {
      const nowMs = stage.nowMs + ms;
      const next = openStage([job()], { entries: stage.log, epoch: `e${ms}`, nowMs });
      return [spawned(next.effects).length, told(next)];
    };
    expect(later(600_000)).toEqual([0, []]);
    expect(later(hourMs + 600_000)).toEqual([1, ['late']]);
    expect(later(3 * hourMs + 10_000)).toEqual([1, ['missed']]);
  });
  test('a daemon that dies between the decision and the start leaves no gap', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    const entries = stage.log.filter(({ kind }) => kind !== 'intent');
    const next = openStage([job()], { entries, epoch: 'e2', nowMs: stage.nowMs + 1_000 });
    expect(spawned(next.effects)).toEqual(['job.1']);
  });
  test('a run that waited for its turn has it under the next daemon, before what came since', () => {
    const stage = openStage([job({ overlap: 'queue' })]);
    pass(stage, toHourMs(stage));
    pass(stage, hourMs);
    expect(told(stage)).toEqual(['held']);
    const heldMs = wallMs(stage);
    const token = view(stage, 'job.1').token ?? '';
    const dead = { ...exitWith(0), atMs: wallMs(stage) };
    const survivor = { token, instance: 'job.1', pid: null, shimPid: null, exit: dead, port: null };
    const nowMs = stage.nowMs + 3.5 * hourMs;
    const next = openStage([job({ overlap: 'queue' })], {
      entries: stage.log,
      epoch: 'e2',
      survivors: [survivor],
      nowMs,
    });
    expect(view(next, 'job.1').schedule?.lastDueAtMs).toBe(heldMs);
    expect(spawned(exit(next, 'job.1', exitWith(0)))).toEqual(['job.1']);
  });
  test('what was taken down on purpose has missed nothing', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    exit(stage, 'job.1', exitWith(0));
    send(stage, { kind: 'command-given', command: 'down', services: [], actor: 'test' });
    const nowMs = stage.nowMs + 5 * hourMs;
    const next = openStage([job()], { entries: stage.log, epoch: 'e2', nowMs });
    expect([spawned(next.effects), told(next)]).toEqual([[], []]);
  });
});

describe('the clock', () => {
  /** As the stage, with a wall clock that is `aheadMs` off. */
  const look = (stage: Stage, aheadMs: number) => {
    stage.wallMs = 1e12 + aheadMs;
    return spawned(pass(stage, 30_000));
  };
  test('put back by an hour repeats nothing', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    exit(stage, 'job.1', exitWith(0));
    expect(look(stage, -hourMs)).toEqual([]);
    expect(spawned(pass(stage, hourMs))).toEqual([]);
    expect(spawned(pass(stage, hourMs))).toEqual(['job.1']);
  });
  test('put back by a day was wrong before: its new word counts', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    exit(stage, 'job.1', exitWith(0));
    look(stage, -24 * hourMs);
    expect(told(stage)).toEqual(['clock-back']);
    expect(spawned(pass(stage, hourMs))).toEqual(['job.1']);
  });
  test('put forward by two hours has missed two', () => {
    const stage = openStage([job()]);
    pass(stage, toHourMs(stage));
    exit(stage, 'job.1', exitWith(0));
    expect(look(stage, 2 * hourMs)).toEqual(['job.1']);
  });
});

describe('alarms', () => {
  test('a run that takes too long', () => {
    const stage = openStage([job({ maxRuntimeMs: 300_000 })]);
    pass(stage, toHourMs(stage));
    pass(stage, 299_000);
    expect(view(stage, 'job.1').schedule?.alarm).toBeNull();
    pass(stage, 60_000);
    expect(view(stage, 'job.1').schedule?.alarm).toBe('its run takes longer than 5m');
    exit(stage, 'job.1', exitWith(0));
    expect(view(stage, 'job.1').schedule?.alarm).toBeNull();
  });
  test('a run that does not begin, because what it needs is not there', () => {
    const first = serviceOf('first', { restart: 'no', oneShot: true });
    const stage = openStage([first, job({}, ['first'])]);
    pass(stage, toHourMs(stage));
    expect(view(stage, 'job.1').state).toBe('waiting');
    pass(stage, 700_000);
    expect(view(stage, 'job.1').schedule?.alarm).toMatch(/waits for first/);
    expect(spawned(exit(stage, 'first.1', exitWith(0)))).toEqual(['job.1']);
    expect(view(stage, 'job.1').schedule?.alarm).toBeNull();
  });
});
