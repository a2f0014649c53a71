import { expect, test } from 'vitest';
import type { Service } from '../stack/service.ts';
import {
  CHECKED,
  exit,
  exitWith,
  only,
  openStage,
  pass,
  report,
  send,
  serviceOf,
  spawned,
  view,
  type Stage,
} from './stage.ts';

const intensity = { count: 2, periodMs: 10_000, backoff: { baseMs: 100, maxMs: 1_000 } };
const crash = (stage: Stage, times: number) => {
  for (let i = 0; i < times; i += 1) {
    if (view(stage, 'api.1').token === null) pass(stage, 1_000);
    exit(stage, 'api.1', exitWith(1));
  }
};
const api = (given: Partial<Service> = {}) =>
  openStage([serviceOf('api', { intensity, ...given })]);

test('a crash is followed by a new run at once, after the old tree was killed', () => {
  const stage = api();
  const effects = exit(stage, 'api.1', exitWith(1));
  expect(effects.map(({ kind }) => kind).filter((kind) => kind !== 'arm')).toEqual([
    'record',
    'kill-tree',
    'record',
    'spawn',
    'publish',
    'publish',
  ]);
  expect(view(stage, 'api.1')).toMatchObject({
    restarts: 1,
    startReason: 'crash',
    restartsByReason: { crash: 1 },
    lastExit: { code: 1, endedBy: null },
  });
});

test('the second restart backs off and says until when', () => {
  const stage = api();
  crash(stage, 2);
  const { state, nextStartAtMs, token } = view(stage, 'api.1');
  expect({ state, token }).toEqual({ state: 'backing-off', token: null });
  expect(nextStartAtMs! - stage.nowMs - 1e12).toBeLessThanOrEqual(100);
  expect(spawned(pass(stage, 100))).toEqual(['api.1']);
});

test('a crash loop is a state, goes on retrying, and ends after a healthy period', () => {
  const stage = api(CHECKED);
  crash(stage, 3);
  expect(view(stage, 'api.1').state).toBe('crash-loop');
  expect(spawned(pass(stage, 1_000))).toEqual(['api.1']);
  expect(view(stage, 'api.1').state).toBe('crash-loop');
  report(stage, 'api.1', true);
  pass(stage, 5_000);
  report(stage, 'api.1', false);
  pass(stage, 60_000);
  expect(view(stage, 'api.1').state).toBe('crash-loop');
  report(stage, 'api.1', true);
  pass(stage, 9_999);
  expect(view(stage, 'api.1').state).toBe('crash-loop');
  pass(stage, 1);
  expect(view(stage, 'api.1').state).toBe('running');
  expect(stage.log.at(-1)).toEqual({ kind: 'settled', instance: 'api.1' });
});

test('a crash loop is never given up', () => {
  const stage = api();
  crash(stage, 50);
  pass(stage, 1_000);
  expect(view(stage, 'api.1')).toMatchObject({ state: 'crash-loop', restarts: 50 });
  expect(view(stage, 'api.1').token).not.toBeNull();
});

test('reset clears the counters and starts at once', () => {
  const stage = api();
  crash(stage, 3);
  const effects = send(stage, {
    kind: 'command-given',
    command: 'reset',
    services: ['api'],
    actor: 'me',
  });
  expect(spawned(effects)).toEqual(['api.1']);
  expect(view(stage, 'api.1')).toMatchObject({ state: 'running', restarts: 0 });
});

test('more memory than the limit ends the run and starts another, for that reason', () => {
  const limits = { memoryBytes: 1_000, cpus: null, openFiles: null, processes: null };
  const stage = api({ limits });
  const token = view(stage, 'api.1').token!;
  send(stage, { kind: 'memory-sampled', token, rssBytes: 1_000 });
  expect(view(stage, 'api.1')).toMatchObject({ state: 'running', rssBytes: 1_000 });
  const effects = send(stage, { kind: 'memory-sampled', token, rssBytes: 1_001 });
  expect(only(effects, 'signal')).toEqual([{ kind: 'signal', token, posixSignal: 'SIGTERM' }]);
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1')).toMatchObject({
    startReason: 'memory-limit',
    lastExit: { endedBy: 'memory-limit' },
  });
});

test('a hang is killed at once and restarted for that reason', () => {
  const stage = api();
  const token = view(stage, 'api.1').token!;
  const effects = send(stage, { kind: 'end-asked', token, reason: 'hang', kill: true });
  expect(only(effects, 'kill-tree')).toHaveLength(1);
  expect(only(effects, 'signal')).toEqual([]);
  exit(stage, 'api.1', exitWith(137));
  expect(view(stage, 'api.1')).toMatchObject({ startReason: 'hang', restarts: 1 });
});

test('a process in state T is continued', () => {
  const stage = api();
  const token = view(stage, 'api.1').token!;
  const effects = send(stage, { kind: 'found-stopped', token });
  expect(effects[0]).toEqual({ kind: 'continue', token });
  expect(only(effects, 'publish')[0]?.notice.kind).toBe('continued');
});

test('a tree that is gone without an exit record ended for unknown reasons', () => {
  const stage = api();
  send(stage, { kind: 'tree-gone', token: view(stage, 'api.1').token! });
  pass(stage, 1_000);
  expect(view(stage, 'api.1')).toMatchObject({ startReason: 'unknown-exit' });
});

test('a spawn that fails for want of handles is retried, a missing command is not', () => {
  const stage = api();
  stage.answer = (effect) =>
    effect.kind === 'spawn'
      ? { kind: 'spawn-failed', token: effect.token, code: 'EMFILE', message: 'too many' }
      : null;
  exit(stage, 'api.1', exitWith(1));
  expect(view(stage, 'api.1')).toMatchObject({
    state: 'backing-off',
    spawnError: { code: 'EMFILE' },
  });
  stage.answer = (effect) =>
    effect.kind === 'spawn'
      ? { kind: 'spawn-failed', token: effect.token, code: 'ENOENT', message: 'no such file' }
      : null;
  pass(stage, 1_000);
  expect(view(stage, 'api.1')).toMatchObject({ state: 'failed', spawnError: { code: 'ENOENT' } });
  pass(stage, 3_600_000);
  expect(view(stage, 'api.1').state).toBe('failed');
});

test('news of runs that nobody knows is harmless, and a late birth is killed', () => {
  const stage = api();
  for (const kind of ['tree-gone', 'found-stopped'] as const) {
    expect(send(stage, { kind, token: 'e0-9' })).toEqual([]);
  }
  expect(send(stage, { kind: 'run-exited', token: 'e0-9', exit: exitWith(1) })).toEqual([]);
  const late = send(stage, { kind: 'run-spawned', token: 'e0-9', pid: 1, shimPid: 2 });
  expect(late[0]).toEqual({ kind: 'kill-tree', token: 'e0-9' });
});

test('the real pid is told when it becomes known', () => {
  const stage = api();
  send(stage, { kind: 'pid-learned', token: view(stage, 'api.1').token!, pid: 77 });
  expect(view(stage, 'api.1').pid).toBe(77);
});
