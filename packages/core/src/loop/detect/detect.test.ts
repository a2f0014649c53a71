import { expect, test } from 'vitest';
import { needs, service, Stage } from '../collect/stage.contract.ts';
import type { OwnAct } from './attribution.ts';
import { detect, openSymptoms, type DetectOptions, type Detected } from './detect.ts';

const flags = {
  error_detection: 1,
  performance_monitoring: 1,
  pattern_analysis: 1,
  prediction: 1,
};

/** A stack with its book of symptoms, looked at once a second. */
class Watched extends Stage {
  readonly book = openSymptoms();
  acts: OwnAct[] = [];
  options: Partial<DetectOptions> = {};

  look(): Detected {
    const options = { flags, ownActs: this.acts, ...this.options };
    return detect(this.book, this.picture, options, this.nowMs);
  }

  /** Keys that began within this time, `each` called before every look. */
  lookFor(ms: number, each: () => void = () => {}): readonly string[] {
    const began: string[] = [];
    for (let past = 0; past < ms; past += 1_000) {
      this.wait(1_000);
      each();
      began.push(...this.look().began.map(({ key }) => key));
    }
    return began;
  }
}

const shop = (): Watched => {
  const stage = new Watched([
    service('db', { command: ['postgres'] }),
    service('api', { dependsOn: needs('db') }),
  ]);
  stage.look();
  return stage;
};

test('a healthy stack has no symptoms', () => {
  const stage = shop();
  expect(stage.lookFor(60_000, () => stage.check('api'))).toEqual([]);
});

test('a crash is a symptom at once and ends when the next run serves', () => {
  const stage = shop();
  stage.end('api');
  expect(stage.lookFor(1_000)).toEqual(['exit:api']);
  stage.start('api');
  stage.lookFor(9_000);
  expect(stage.look().going).toEqual([]);
});

test('a restart by an operator starts nothing, here or in what depends on it', () => {
  const stage = shop();
  stage.see({ kind: 'intended', atMs: stage.nowMs, service: 'db', want: 'restart' });
  stage.end('db', { endedBy: 'operator-restart', code: 0 });
  const down = () => stage.check('api', { ok: false, detail: 'HTTP 503' });
  expect(stage.lookFor(20_000, down)).toEqual([]);
  stage.start('db');
  stage.check('api');
  expect(stage.lookFor(20_000)).toEqual([]);
});

test('a crash after an operator restarted is a crash', () => {
  const stage = shop();
  stage.see({ kind: 'intended', atMs: stage.nowMs, service: 'api', want: 'restart' });
  stage.end('api', { endedBy: 'operator-restart', code: 0 });
  stage.start('api', { ready: false });
  stage.wait(1_000);
  stage.end('api', { code: 78 });
  expect(stage.lookFor(2_000)).toEqual(['exit:api']);
});

test('a silent process hangs, and an answer of 503 is a check that is down', () => {
  const stage = shop();
  expect(stage.lookFor(8_000, () => stage.check('api', { ok: false }))).toEqual(['hang:api']);
  const other = shop();
  const answered = () => other.check('api', { ok: false, detail: 'HTTP 503' });
  expect(other.lookFor(8_000, answered)).toEqual(['check-down:api:health']);
});

test('one blip of three seconds is nothing', () => {
  const stage = shop();
  expect(stage.lookFor(3_000, () => stage.check('api', { ok: false }))).toEqual([]);
  expect(stage.lookFor(10_000, () => stage.check('api'))).toEqual([]);
});

test('what our own act brings about is told apart, until it outlives the act', () => {
  const stage = shop();
  stage.acts = [{ runId: 'run-1', targets: ['db'], sinceMs: stage.nowMs, endedMs: stage.nowMs }];
  stage.wait(1_000);
  stage.end('db', { endedBy: 'operator-restart' });
  stage.start('db', { ready: false });
  const down = () => stage.check('api', { ok: false, detail: 'HTTP 503' });
  expect(stage.lookFor(8_000, down)).toEqual(['check-down:api:health']);
  expect(stage.look().going.map((one) => one.causedBy)).toEqual(['run-1']);
  expect(stage.lookFor(30_000, down)).toEqual(['check-down:api:health']);
  expect(stage.look().going.map((one) => one.causedBy)).toEqual([null]);
});

test('a service that is to be down has no symptoms', () => {
  const stage = shop();
  stage.see({ kind: 'intended', atMs: stage.nowMs, service: 'api', want: 'down' });
  stage.end('api', { endedBy: 'operator-stop', code: 143, posixSignal: 'SIGTERM' });
  stage.view('api', { state: 'stopped' });
  expect(stage.lookFor(30_000)).toEqual([]);
});

test('while we stood still nothing is concluded', () => {
  const stage = shop();
  stage.wait(60_000);
  stage.check('api', { ok: false });
  expect(stage.look().began).toEqual([]);
  stage.check('api');
  expect(stage.lookFor(20_000)).toEqual([]);
});

test('a process in state T is stopped', () => {
  const stage = shop();
  const state = { service: 'api', instance: 'api.1', pid: 1, state: 'T', zombies: 0 };
  stage.see({ kind: 'process-states', atMs: stage.nowMs, states: [state] });
  expect(stage.lookFor(1_000)).toEqual(['stopped:api']);
});

test('three crashes within a minute are a loop', () => {
  const stage = shop();
  const crash = () => {
    stage.start('api', { ready: false });
    stage.wait(1_000);
    stage.end('api');
  };
  expect(stage.lookFor(3_000, crash)).toEqual(['exit:api', 'crash-loop:api']);
});

test('a detector whose flag is off says nothing', () => {
  const stage = shop();
  stage.options = { flags: { ...flags, error_detection: 0 } };
  stage.end('api');
  expect(stage.lookFor(5_000)).toEqual([]);
});
