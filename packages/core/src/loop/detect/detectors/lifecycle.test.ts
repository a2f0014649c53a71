import { expect, test } from 'vitest';
import { healthCheck, needs, service } from '../../collect/stage.contract.ts';
import { Watched } from '../watched.contract.ts';

const open = (...services: Parameters<typeof service>[]): Watched => {
  const stage = new Watched(services.map(([name, changes]) => service(name, changes)));
  stage.look();
  return stage;
};
const keys = (stage: Watched) => stage.showing().map(({ key }) => key);

test('exit: a job that ended well is no symptom, one that failed is', () => {
  const stage = open(['migrate', { oneShot: true, restart: 'no' }]);
  stage.end('migrate', { code: 0 });
  stage.view('migrate', { state: 'done' });
  expect(stage.lookFor(5_000)).toEqual([]);
  const other = open(['migrate', { oneShot: true, restart: 'no' }]);
  other.end('migrate');
  other.view('migrate', { state: 'failed' });
  other.lookFor(2_000);
  expect(other.showing()).toMatchObject([{ key: 'exit:migrate', severity: 'info' }]);
});

test('exit: a failed job that another service waits for is an error', () => {
  const after = { ...needs('migrate')[0]!, condition: 'service_completed_successfully' } as const;
  const stage = open(
    ['migrate', { oneShot: true, restart: 'no' }],
    ['api', { dependsOn: [after] }],
  );
  stage.end('migrate');
  stage.view('migrate', { state: 'failed' });
  stage.lookFor(2_000);
  expect(stage.showing()).toMatchObject([{ severity: 'error' }]);
});

test('exit: ended for its memory is its own failure', () => {
  const stage = open(['api']);
  stage.end('api', { code: 143, posixSignal: 'SIGTERM', endedBy: 'memory-limit' });
  stage.lookFor(1_000);
  expect(stage.showing()[0]?.text).toBe('api.1 went over its memory limit');
});

test('exit: what ended long before we looked is history', () => {
  const stage = open(['api']);
  const lastExit = { kind: 'code', code: 1, posixSignal: null, endedBy: null, atMs: 1 } as const;
  stage.see({ kind: 'instance-gone', instance: 'api.1' });
  stage.view('api', { lastExit, lastToken: 'run-0' });
  expect(stage.lookFor(5_000)).toEqual([]);
});

test('exit: what it has outlived is no symptom of its next trouble', () => {
  const stage = open(['api']);
  stage.end('api', { code: 137, posixSignal: 'SIGKILL' });
  stage.start('api');
  stage.lookFor(20_000);
  expect(keys(stage)).toEqual([]);
  stage.check('api', { ok: false, detail: 'HTTP 500' });
  stage.lookFor(6_000);
  expect(keys(stage)).not.toContain('exit:api');
});

test('crash loop: the supervisor says so, whatever we have seen', () => {
  const stage = open(['api']);
  stage.view('api', { state: 'crash-loop', token: null, ready: false });
  expect(stage.lookFor(1_000)).toEqual(['crash-loop:api']);
});

test('crash loop: a run that serves on is not told of its three ends for a minute', () => {
  const stage = open(['api', { healthChecks: [] }]);
  for (let end = 0; end < 3; end += 1) {
    stage.end('api');
    stage.lookFor(1_000);
    stage.start('api', { state: 'crash-loop', ready: end === 2 });
  }
  stage.lookFor(5_000);
  expect(keys(stage)).toEqual(['exit:api', 'crash-loop:api']);
  stage.lookFor(20_000);
  expect(keys(stage)).toEqual([]);
});

test('crash loop: a run that serves on has left it', () => {
  const stage = open(['api', { healthChecks: [] }]);
  stage.view('api', { state: 'crash-loop', token: null, ready: false });
  stage.lookFor(1_000);
  stage.start('api', { state: 'crash-loop' });
  stage.lookFor(5_000);
  expect(keys(stage)).toEqual(['crash-loop:api']);
  stage.lookFor(20_000);
  expect(keys(stage)).toEqual([]);
});

test('spawn failed', () => {
  const stage = open(['api']);
  const spawnError = { code: 'ENOENT', message: 'no such file: node' };
  stage.view('api', { state: 'failed', token: null, ready: false, spawnError });
  expect(stage.lookFor(1_000)).toEqual(['spawn-failed:api']);
});

test('hang: ended for it, it goes on until the next run serves', () => {
  const stage = open(['api']);
  stage.end('api', { code: 137, endedBy: 'hang' });
  stage.start('api', { ready: false });
  stage.lookFor(10_000);
  expect(keys(stage)).toEqual(['hang:api']);
  stage.start('api');
  stage.lookFor(5_000);
  expect(keys(stage)).toEqual([]);
});

test('hang: a worker whose heartbeat stays away', () => {
  const probe = { kind: 'heartbeat', id: 'w', everyMs: 5_000, graceMs: 5_000 } as const;
  const stage = open(['worker', { port: null, healthChecks: [healthCheck({ probe })] }]);
  const late = { ok: false, detail: 'last ping 12s ago', answer: 'silent' } as const;
  expect(stage.lookFor(8_000, () => stage.check('worker', late))).toEqual(['hang:worker']);
});

test('readiness is never a hang', () => {
  const stage = open(['api']);
  const silent = { ok: false, role: 'readiness', answer: 'silent' } as const;
  expect(stage.lookFor(8_000, () => stage.check('api', silent))).toEqual(['check-down:api:health']);
});

test('flapping: half of the last checks changed', () => {
  const stage = open(['api']);
  let ok = true;
  const flap = () => stage.check('api', { ok: (ok = !ok), up: true });
  expect(stage.lookFor(21_000, flap)).toEqual(['flapping:api:health']);
  stage.lookFor(60_000, () => stage.check('api'));
  expect(keys(stage)).toEqual([]);
});

test('two dips in twenty checks are no flapping', () => {
  const stage = open(['api']);
  let count = 0;
  const dip = () => stage.check('api', { ok: ++count % 10 !== 0, up: true });
  expect(stage.lookFor(40_000, dip)).toEqual([]);
});

test('listener foreign: somebody else answers', () => {
  const stage = open(['api']);
  const foreign = () => stage.check('api', { ok: true, attested: false });
  expect(stage.lookFor(6_000, foreign)).toEqual(['listener-foreign:api']);
  expect(stage.lookFor(6_000, () => stage.check('api', { attested: null }))).toEqual([]);
  expect(keys(stage)).toEqual([]);
});

test('port: waiting for one is an error, having moved is told', () => {
  const owner = {
    pid: 7,
    command: 'python',
    kind: 'foreign',
    instance: null,
    runningForMs: 1,
  } as const;
  const stage = open(['api']);
  stage.view('api', { portTrouble: { port: 8_000, owner } });
  stage.lookFor(1_000);
  expect(stage.showing()).toMatchObject([{ key: 'port-moved:api', severity: 'info' }]);
  stage.view('api', { state: 'waiting', token: null, ready: false });
  stage.lookFor(1_000);
  expect(stage.showing()).toMatchObject([{ severity: 'error' }]);
});

test('schedule: an alarm and a failed run of a job of the clock, and nothing of other jobs', () => {
  const stage = open(['backup', { oneShot: true, restart: 'no' }]);
  const plan = { cron: '@daily', timezone: 'UTC', nextAtMs: 1, lastDueAtMs: 1, lastBeganAtMs: 1 };
  const calm = { ...plan, missed: 0, skipped: 0, alarm: null };
  const alarm = 'its run takes longer than 1h';
  stage.view('backup', { schedule: { ...calm, alarm } });
  stage.lookFor(1_000);
  expect(stage.showing()).toMatchObject([{ key: 'schedule:backup', text: `backup: ${alarm}` }]);
  stage.end('backup', { code: 0 });
  stage.view('backup', { state: 'done', schedule: calm });
  stage.lookFor(60_000);
  expect(keys(stage)).toEqual([]);
  stage.end('backup', { code: 3 });
  stage.view('backup', { state: 'failed', schedule: calm });
  stage.lookFor(2_000);
  expect(keys(stage)).toContain('schedule:backup');
});

test('a process that a debugger holds is left alone', () => {
  const stage = open(['api']);
  const state = { service: 'api', instance: 'api.1', pid: 1, state: 't', zombies: 0 };
  stage.see({ kind: 'process-states', atMs: stage.nowMs, states: [state] });
  expect(stage.lookFor(5_000)).toEqual([]);
});
