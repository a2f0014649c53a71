import { expect, test } from 'vitest';
import { needs, service, stackOf } from '../collect/stage.contract.ts';
import type { Detector, Sign } from './detector.ts';
import { everyFlag, Watched } from './watched.contract.ts';

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
  stage.options = { flags: { ...everyFlag, error_detection: 0 } };
  stage.end('api');
  expect(stage.lookFor(5_000)).toEqual([]);
});

test('a share of services is a stable choice', () => {
  const names = Array.from({ length: 40 }, (_, index) => `worker-${index}`);
  const crashed = (share: number): readonly string[] => {
    const stage = new Watched(names.map((name) => service(name)));
    stage.look();
    stage.options = { flags: { ...everyFlag, error_detection: share } };
    for (const name of names) stage.end(name);
    return stage.lookFor(1_000);
  };
  const some = crashed(0.3);
  expect(some.length).toBeGreaterThan(4);
  expect(some.length).toBeLessThan(25);
  expect(crashed(0.6)).toEqual(expect.arrayContaining([...some]));
});

test('what depends on a service that is to be down is told and starts nothing', () => {
  const stage = shop();
  stage.see({ kind: 'intended', atMs: stage.nowMs, service: 'db', want: 'down' });
  stage.end('db', { endedBy: 'operator-stop', code: 0 });
  stage.view('db', { state: 'stopped' });
  stage.lookFor(90_000, () => stage.check('api', { ok: false, detail: 'HTTP 503' }));
  expect(stage.showing().map(({ key, severity }) => [key, severity])).toEqual([
    ['check-down:api:health', 'info'],
  ]);
});

test('an optional service only degrades', () => {
  const stage = new Watched([service('mail', { required: false }), service('api')]);
  stage.look();
  stage.lookFor(20_000, () => stage.check('mail', { ok: false, detail: 'HTTP 500' }));
  expect(stage.showing().map(({ severity }) => severity)).toEqual(['info']);
});

test('an optional service that keeps crashing is told like any other', () => {
  const stage = new Watched([service('mail', { required: false }), service('api')]);
  stage.look();
  stage.end('mail', { code: 1 });
  stage.view('mail', { state: 'crash-loop', token: null });
  stage.lookFor(5_000);
  expect(stage.showing().map(({ kind, severity }) => [kind, severity])).toContainEqual([
    'crash-loop',
    'error',
  ]);
});

test('a kind that rests does not begin again at once', () => {
  const stage = shop();
  let shows = true;
  const sign: Sign = {
    kind: 'trend',
    target: 'api',
    key: 'odd',
    severity: 'warn',
    sinceMs: 0,
    text: '',
    evidence: [],
  };
  const detector: Detector = {
    id: 'odd',
    flag: 'pattern_analysis',
    clearMs: 3_000,
    refractoryMs: 60_000,
    detect: () => (shows ? [sign] : []),
  };
  stage.options = { detectors: [detector] };
  expect(stage.lookFor(2_000)).toEqual(['odd']);
  shows = false;
  stage.lookFor(5_000);
  expect(stage.look().going).toEqual([]);
  shows = true;
  expect(stage.lookFor(50_000)).toEqual([]);
  expect(stage.lookFor(20_000)).toEqual(['odd']);
});

test('a constraint counts when it is broken for its time, and ends when it holds', () => {
  const stage = shop();
  const place = { file: 'fettle.yaml', line: 7, column: 3 };
  const constraint = {
    expr: 'p95(api) < 500ms',
    severity: 'error',
    forMs: 10_000,
    text: null,
    place,
  } as const;
  const services = stage.picture.stack?.services ?? [];
  stage.see({ kind: 'stack', stack: { ...stackOf(...services), constraints: [constraint] } });
  let holds: boolean | null = false;
  stage.options = { judge: () => holds };
  expect(stage.lookFor(9_000)).toEqual([]);
  expect(stage.lookFor(6_000)).toEqual(['constraint:api:p95(api) < 500ms']);
  holds = null;
  stage.lookFor(20_000);
  expect(stage.look().going).toEqual([]);
});
