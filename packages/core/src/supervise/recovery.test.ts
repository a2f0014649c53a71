import { expect, test } from 'vitest';
import type { Service } from '../stack/service.ts';
import { configHash } from './config-hash.ts';
import type { Survivor } from './event.ts';
import type { RunLogEntry } from './run-log.ts';
import {
  CHECKED,
  exit,
  exitWith,
  needs,
  only,
  openStage,
  pass,
  portAt,
  send,
  serviceOf,
  spawned,
  UNKNOWN_EXIT,
  view,
} from './stage.ts';

const intent = (service: Service, token = 'e1-1', given: object = {}): RunLogEntry => ({
  kind: 'intent',
  token,
  instance: `${service.name}.1`,
  port: service.port?.preferred[0]?.from ?? null,
  configHash: configHash(service),
  reason: 'first-start',
  nowMs: 900_000,
  atMs: 42,
  ...given,
});
const alive = (instance: string, token = 'e1-1'): Survivor => ({
  token,
  instance,
  pid: 77,
  shimPid: 76,
  exit: null,
  port: null,
});
const dead = (instance: string, exit: Survivor['exit'], token = 'e1-1'): Survivor => ({
  ...alive(instance, token),
  pid: null,
  shimPid: null,
  exit,
});
const reopen = (
  services: readonly Service[],
  entries: readonly RunLogEntry[],
  survivors: readonly Survivor[] = [],
) => openStage(services, { entries, survivors, epoch: 'e2' });

test('a daemon that is to end stops what lives and starts nothing', () => {
  const [db, api] = [serviceOf('db'), serviceOf('api', { dependsOn: [needs('db')] })];
  const stage = openStage([db, api], {
    entries: [intent(api)],
    survivors: [alive('api.1')],
    epoch: 'e2',
    ending: true,
  });
  expect(spawned(stage.effects)).toEqual([]);
  expect(only(stage.effects, 'signal').map(({ token }) => token)).toEqual(['e1-1']);
  expect(only(stage.effects, 'halt')).toEqual([]);
  send(stage, { kind: 'run-exited', token: 'e1-1', exit: exitWith(0) });
  send(stage, { kind: 'tree-gone', token: 'e1-1' });
  expect(only(stage.effects, 'halt').length).toBe(1);
  expect(spawned(stage.effects)).toEqual([]);
});

test('a survivor keeps its pid, its port and its start time', () => {
  const api = serviceOf('api', { port: portAt(8_000), ...CHECKED });
  const entries: RunLogEntry[] = [{ kind: 'port', instance: 'api.1', port: 8_003 }, intent(api)];
  const stage = reopen([api], entries, [alive('api.1')]);
  expect(only(stage.effects, 'claim-port')).toEqual([
    { kind: 'claim-port', instance: 'api.1', port: 8_003 },
  ]);
  expect(spawned(stage.effects)).toEqual([]);
  expect(only(stage.effects, 'signal')).toEqual([]);
  expect(view(stage, 'api.1')).toMatchObject({
    state: 'starting',
    pid: 77,
    token: 'e1-1',
    startedAtMs: 42,
    port: { port: 8_003 },
  });
});

test('who died meanwhile is judged by the real exit code', () => {
  const api = serviceOf('api', { restart: 'on-failure' });
  const failed = reopen([api], [intent(api)], [dead('api.1', exitWith(1))]);
  expect(spawned(failed.effects)).toEqual(['api.1']);
  expect(view(failed, 'api.1')).toMatchObject({ startReason: 'crash', restarts: 1 });
  const clean = reopen([api], [intent(api)], [dead('api.1', exitWith(0))]);
  expect(spawned(clean.effects)).toEqual([]);
  expect(view(clean, 'api.1')).toMatchObject({ state: 'done', lastExit: { code: 0 } });
});

test('a job without a record goes to a person unless it may run twice', () => {
  const job = serviceOf('job', { oneShot: true, restart: 'no' });
  const unsafe = reopen([job], [intent(job)]);
  expect(view(unsafe, 'job.1')).toMatchObject({ state: 'failed', lastExit: { kind: 'unknown' } });
  const safe = serviceOf('job', { oneShot: true, restart: 'no', rerun: 'safe' });
  const again = reopen([safe], [intent(safe)], [dead('job.1', UNKNOWN_EXIT)]);
  expect(view(again, 'job.1').startReason).toBe('unknown-exit');
});

test('a finished job stays done, until a down made everything fresh', () => {
  const job = serviceOf('job', { oneShot: true, restart: 'no' });
  const ended: RunLogEntry = { kind: 'ended', token: 'e1-1', exit: exitWith(0) };
  expect(view(reopen([job], [intent(job), ended]), 'job.1').state).toBe('done');
  const fresh = reopen([job], [intent(job), ended, { kind: 'reset', service: 'job' }]);
  expect(view(fresh, 'job.1')).toMatchObject({ state: 'running', startReason: 'first-start' });
});

test('what was stopped stays stopped, and ends if it was left alive', () => {
  const api = serviceOf('api');
  const wanted: RunLogEntry = {
    kind: 'wanted',
    service: 'api',
    wanted: 'stopped',
    replicas: 1,
    actor: 'me',
  };
  expect(view(reopen([api], [wanted]), 'api.1').state).toBe('stopped');
  const stage = reopen([api], [intent(api), wanted], [alive('api.1')]);
  expect(only(stage.effects, 'signal')).toHaveLength(1);
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1').state).toBe('stopped');
});

test('the number of replicas that was asked for survives', () => {
  const wanted = { kind: 'wanted', service: 'api', wanted: 'running', actor: 'me' } as const;
  const stage = reopen([serviceOf('api')], [{ ...wanted, replicas: 3 }]);
  expect(spawned(stage.effects)).toEqual(['api.1', 'api.2', 'api.3']);
});

test('a survivor of an older definition is restarted, one of an older recipe is not', () => {
  const api = serviceOf('api');
  const old = reopen([api], [intent(api, 'e1-1', { configHash: '1:other' })], [alive('api.1')]);
  expect(view(old, 'api.1').state).toBe('stopping');
  const recipe = reopen([api], [intent(api, 'e1-1', { configHash: '0:x' })], [alive('api.1')]);
  expect(view(recipe, 'api.1').state).toBe('running');
});

test('a survivor whose service left is stopped gently, then killed', () => {
  const stage = reopen([], [intent(serviceOf('gone'))], [alive('gone.1')]);
  expect(only(stage.effects, 'signal')).toHaveLength(1);
  expect(only(pass(stage, 10_000), 'kill-tree')).toHaveLength(1);
});

test('of two survivors of one instance the older one goes', () => {
  const api = serviceOf('api');
  const entries = [intent(api, 'e1-1'), intent(api, 'e1-2')];
  const stage = reopen([api], entries, [alive('api.1', 'e1-1'), alive('api.1', 'e1-2')]);
  expect(view(stage, 'api.1').token).toBe('e1-2');
  expect(only(stage.effects, 'signal').map(({ token }) => token)).toEqual(['e1-1']);
});

test('a run that the log does not know is the youngest: a full disk ate its lines', () => {
  const job = serviceOf('job', { oneShot: true, restart: 'no' });
  const ended: RunLogEntry = { kind: 'ended', token: 'e1-1', exit: exitWith(0) };
  const stage = reopen([job], [intent(job), ended], [dead('job.1', exitWith(2), 'e1-9')]);
  expect(view(stage, 'job.1')).toMatchObject({ state: 'failed', lastToken: 'e1-9' });
});

test('the end of a run whose start was lost counts for the daemon after next, too', () => {
  const job = serviceOf('job', { oneShot: true, restart: 'no' });
  const ended: RunLogEntry = { kind: 'ended', token: 'e1-1', exit: exitWith(0) };
  const stage = reopen([job], [intent(job), ended], [alive('job.1', 'e1-9')]);
  exit(stage, 'job.1', exitWith(3));
  expect(view(reopen([job], stage.log), 'job.1').state).toBe('failed');
});

test('an instance that became wanted again waits for the end of its given-up run', () => {
  const api = serviceOf('api', { replicas: 1 });
  const stage = reopen([api], [], [alive('api.1', 'e0-1'), alive('api.2', 'e0-2')]);
  send(stage, { kind: 'scale-asked', service: 'api', replicas: 2, actor: 'me' });
  expect(view(stage, 'api.2')).toMatchObject({ state: 'waiting', token: null });
  const effects = send(stage, { kind: 'run-exited', token: 'e0-2', exit: exitWith(0) });
  expect(spawned(effects)).toEqual(['api.2']);
});

test('a dependant that was told a port before it moved is restarted', () => {
  const db = serviceOf('db', { port: portAt(5_000) });
  const api = serviceOf('api', { dependsOn: [needs('db')] });
  const moved: RunLogEntry[] = [
    { kind: 'port', instance: 'db.1', port: 5_000 },
    intent(api, 'e1-1'),
    { kind: 'port', instance: 'db.1', port: 5_001 },
    intent(db, 'e1-2', { port: 5_001 }),
  ];
  const survivors = [alive('api.1', 'e1-1'), alive('db.1', 'e1-2')];
  expect(view(reopen([db, api], moved, survivors), 'api.1').state).toBe('stopping');
  const still = moved.filter((entry) => entry.kind !== 'port' || entry.port === 5_000);
  expect(view(reopen([db, api], still, survivors), 'api.1').state).toBe('running');
});

test('a crash loop and its counters outlive the daemon, but not a boot', () => {
  const api = serviceOf('api');
  const crash = { reason: 'crash', crashLoop: true };
  const log: RunLogEntry[] = [
    { kind: 'daemon', epoch: 'e1', bootId: 'a', atMs: 0 },
    intent(api, 'e1-1'),
    intent(api, 'e1-2', crash),
    intent(api, 'e1-3', crash),
  ];
  const stage = reopen([api], log, [alive('api.1', 'e1-3')]);
  expect(view(stage, 'api.1')).toMatchObject({ state: 'crash-loop', restarts: 2 });
  expect(stage.state.instances.get('api.1')?.recentMs).toHaveLength(2);
  const booted = reopen([api], [...log, { kind: 'daemon', epoch: 'e2', bootId: 'b', atMs: 0 }]);
  expect(booted.state.instances.get('api.1')?.recentMs).toEqual([]);
});

test('the leftovers of a run that ended are killed', () => {
  const api = serviceOf('api');
  const ended: RunLogEntry = { kind: 'ended', token: 'e1-1', exit: exitWith(1) };
  const stage = reopen([api], [intent(api), ended], [dead('api.1', exitWith(1))]);
  expect(only(stage.effects, 'kill-tree').map(({ token }) => token)).toContain('e1-1');
  expect(spawned(stage.effects)).toEqual(['api.1']);
});
