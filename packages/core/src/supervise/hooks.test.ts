import { expect, test } from 'vitest';
import type { Hook, HookStage } from '../stack/hook.ts';
import { HOOK_END_MS } from './hook-events.ts';
import {
  exit,
  exitWith,
  needs,
  only,
  openStage,
  pass,
  politely,
  send,
  serviceOf,
  spawned,
  view,
  type Stage,
} from './stage.ts';

const hook = (given: Partial<Hook> = {}): Hook => ({
  command: ['./hook.sh'],
  workingDir: null,
  environment: {},
  timeoutMs: 5_000,
  onFailure: 'fail',
  ...given,
});
const withHooks = (stage: HookStage, hooks: readonly Hook[] = [hook()]): Stage =>
  openStage([serviceOf('api', { hooks: { [stage]: hooks } })]);
const ended = (stage: Stage, id: string, outcome = 'ok') =>
  send(stage, { kind: 'hook-ended', id, outcome });
const command = (stage: Stage, given: 'start' | 'stop' | 'restart') =>
  send(stage, { kind: 'command-given', command: given, services: ['api'], actor: 'cli' });
const asked = (stage: Stage) => only(stage.effects, 'run-hook');
const before = 'before_start/e1-1';

test('the service waits for what runs before its start, one after the other', () => {
  const stage = withHooks('before_start', [hook(), hook({ workingDir: '/db' })]);
  expect([spawned(stage.effects), view(stage, 'api.1')]).toMatchObject([
    [],
    { state: 'starting', hook: 'before_start' },
  ]);
  expect(spawned(ended(stage, before))).toEqual([]);
  expect(asked(stage).map(({ workingDir }) => workingDir)).toEqual(['/shop', '/db']);
  expect(spawned(ended(stage, before))).toEqual(['api.1']);
  expect(asked(stage)[0]?.environment).toMatchObject({
    FETTLE_HOOK: 'before_start',
    FETTLE_RUN: 'e1-1',
    FETTLE_SERVICE: 'api',
  });
});
test('one that fails keeps the service down, with the reason', () => {
  const stage = withHooks('before_start');
  ended(stage, before, 'ended with exit 3');
  expect([spawned(stage.effects), stage.timers.size]).toEqual([[], 0]);
  expect(view(stage, 'api.1')).toMatchObject({
    state: 'failed',
    spawnError: { code: 'E-HOOK', message: 'its before_start hook (hook.sh) ended with exit 3' },
  });
  command(stage, 'start');
  expect(asked(stage)).toHaveLength(2);
});
test('or is tried again like a crash', () => {
  const stage = withHooks('before_start', [hook({ onFailure: 'retry' })]);
  ended(stage, before, 'ended with exit 3');
  expect([asked(stage).length, view(stage, 'api.1').restarts]).toEqual([2, 1]);
  ended(stage, 'before_start/e1-2', 'ended with exit 3');
  expect(view(stage, 'api.1').state).toBe('backing-off');
});
test('or is told and passed over', () => {
  const stage = withHooks('before_start', [hook({ onFailure: 'ignore' })]);
  expect(spawned(ended(stage, before, 'ended with exit 3'))).toEqual(['api.1']);
  expect(only(stage.effects, 'publish').map(({ notice }) => notice)).toContainEqual({
    kind: 'hook-failed',
    instance: 'api.1',
    stage: 'before_start',
    message: 'its before_start hook (hook.sh) ended with exit 3',
    policy: 'ignore',
  });
});
test('one that takes too long is ended and has failed', () => {
  const stage = withHooks('before_start');
  expect(only(pass(stage, 4_999), 'kill-hook')).toEqual([]);
  expect(only(pass(stage, 1), 'kill-hook')).toEqual([{ kind: 'kill-hook', id: before }]);
  ended(stage, before, 'was ended by SIGTERM');
  expect(view(stage, 'api.1').spawnError?.message).toBe(
    'its before_start hook (hook.sh) took longer than 5.0s',
  );
});
test('one that cannot even be killed holds up nobody for ever', () => {
  const stage = withHooks('before_start');
  pass(stage, 5_000 + HOOK_END_MS);
  expect(view(stage, 'api.1').state).toBe('failed');
});
test('a stop ends a start between its hooks', () => {
  const stage = withHooks('before_start', [hook(), hook()]);
  expect(only(command(stage, 'stop'), 'kill-hook')).toHaveLength(1);
  ended(stage, before, 'was ended by SIGTERM');
  expect([view(stage, 'api.1').state, asked(stage).length]).toEqual(['stopped', 1]);
});
test('a restart in the middle of hooks begins them anew', () => {
  const stage = withHooks('before_start');
  command(stage, 'restart');
  ended(stage, before, 'was ended by SIGTERM');
  expect(asked(stage).map(({ id }) => id)).toEqual([before, 'before_start/e1-2']);
  expect(spawned(ended(stage, 'before_start/e1-2'))).toEqual(['api.1']);
});
test('a dependency that went meanwhile is waited for', () => {
  const stage = openStage([
    serviceOf('db'),
    serviceOf('api', { dependsOn: [needs('db')], hooks: { before_start: [hook()] } }),
  ]);
  send(stage, { kind: 'command-given', command: 'stop', services: ['db'], actor: 'cli' });
  exit(stage, 'db.1', exitWith(0));
  ended(stage, 'before_start/e1-2');
  expect([view(stage, 'api.1').state, spawned(stage.effects)]).toEqual(['waiting', ['db.1']]);
});

test('a hook after the start runs beside the service, and goes with it', () => {
  const stage = withHooks('after_start');
  expect(view(stage, 'api.1')).toMatchObject({ state: 'running', ready: true });
  expect(asked(stage)).toHaveLength(1);
  expect(only(exit(stage, 'api.1', exitWith(1)), 'kill-hook')).toEqual([
    { kind: 'kill-hook', id: 'after_start/e1-1' },
  ]);
});
test('when it fails the service is ended and kept down, or tried again', () => {
  for (const [onFailure, state] of [
    ['fail', 'failed'],
    ['retry', 'running'],
  ] as const) {
    const stage = withHooks('after_start', [hook({ onFailure })]);
    expect(only(ended(stage, 'after_start/e1-1', 'ended with exit 1'), 'signal')).toHaveLength(1);
    exit(stage, 'api.1', exitWith(0));
    expect(view(stage, 'api.1')).toMatchObject({ state, lastExit: { endedBy: 'hook-failed' } });
  }
});

test('the stop signal waits for the hooks before it, and they may fail', () => {
  const stage = withHooks('before_stop', [hook({ onFailure: 'ignore' }), hook()]);
  expect(only(command(stage, 'stop'), 'signal')).toEqual([]);
  expect(view(stage, 'api.1')).toMatchObject({ state: 'stopping', hook: 'before_stop' });
  ended(stage, 'before_stop/e1-1', 'ended with exit 1');
  expect(only(ended(stage, 'before_stop/e1-1'), 'signal')).toHaveLength(1);
  expect(stage.timers.has('grace:e1-1')).toBe(true);
});
test('what hangs is not asked to prepare', () => {
  const stage = withHooks('before_stop');
  send(stage, { kind: 'end-asked', token: 'e1-1', reason: 'hang', kill: true });
  expect([asked(stage), only(stage.effects, 'kill-tree').length]).toEqual([[], 1]);
});
test('a kill does not wait for a hook', () => {
  const stage = withHooks('before_stop');
  command(stage, 'stop');
  send(stage, { kind: 'end-asked', token: 'e1-1', reason: 'hang', kill: true });
  expect(only(stage.effects, 'kill-tree')).toHaveLength(1);
  exit(stage, 'api.1', exitWith(137));
  expect(view(stage, 'api.1').state).toBe('stopped');
});

test('after an end the next start waits for its hooks, which learn how it ended', () => {
  const stage = withHooks('after_stop', [hook({ onFailure: 'ignore' })]);
  exit(stage, 'api.1', exitWith(3));
  expect(view(stage, 'api.1')).toMatchObject({ state: 'stopping', hook: 'after_stop', pid: null });
  expect(asked(stage)[0]?.environment).toMatchObject({ FETTLE_EXIT_CODE: '3' });
  expect(asked(stage)[0]?.environment).not.toHaveProperty('FETTLE_RUN');
  expect(spawned(ended(stage, 'after_stop/e1-1', 'ended with exit 1'))).toEqual(['api.1']);
});
test('a stop meanwhile is kept to, and down waits for the cleaning up', () => {
  const stage = withHooks('after_stop');
  exit(stage, 'api.1', exitWith(3));
  const down = send(stage, { kind: 'command-given', command: 'down', services: [], actor: 'cli' });
  expect(only(down, 'halt')).toEqual([]);
  expect(only(ended(stage, 'after_stop/e1-1'), 'halt')).toHaveLength(1);
});
test('a dependency is stopped once its dependants have cleaned up', () => {
  const stage = openStage([
    serviceOf('db'),
    serviceOf('api', { dependsOn: [needs('db')], hooks: { after_stop: [hook()] } }),
  ]);
  stage.answer = (effect, on) => (effect.kind === 'signal' ? null : politely(effect, on));
  send(stage, { kind: 'command-given', command: 'down', services: [], actor: 'cli' });
  exit(stage, 'api.1', exitWith(0));
  const signals = () => only(stage.effects, 'signal').map(({ token }) => token);
  expect(signals()).toEqual(['e1-2']);
  ended(stage, 'after_stop/e1-2');
  expect(signals()).toEqual(['e1-2', 'e1-1']);
});
