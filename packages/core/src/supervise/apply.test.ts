import { expect, test } from 'vitest';
import type { Service } from '../stack/service.ts';
import { configHash } from './config-hash.ts';
import type { Notice } from './effect.ts';
import {
  exit,
  exitWith,
  needs,
  only,
  openStage,
  portAt,
  send,
  serviceOf,
  spawned,
  stackOf,
  view,
  type Stage,
} from './stage.ts';
import { isGoingDown, unknownServices } from './views.ts';

const apply = (stage: Stage, services: readonly Service[]) =>
  send(stage, { kind: 'stack-applied', stack: stackOf(services) });
const job = (name: string) => serviceOf(name, { oneShot: true, restart: 'no' });
const changesIn = (effects: ReturnType<typeof apply>) =>
  only(effects, 'publish')
    .map(({ notice }) => notice)
    .find(
      (notice): notice is Extract<Notice, { kind: 'stack-changed' }> =>
        notice.kind === 'stack-changed',
    )?.changes;

test('only what changed restarts, and the reason names the key, never the value', () => {
  const stage = openStage([serviceOf('api', { environment: { DB_HOST: 'a' } }), serviceOf('web')]);
  const effects = apply(stage, [
    serviceOf('api', { environment: { DB_HOST: 'secret' } }),
    serviceOf('web'),
  ]);
  expect(changesIn(effects)).toEqual([
    { service: 'api', change: 'restarted', why: 'environment DB_HOST changed' },
    { service: 'web', change: 'unchanged', why: '' },
  ]);
  expect(view(stage, 'web.1').state).toBe('running');
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1')).toMatchObject({ startReason: 'config-changed', restarts: 0 });
  expect(only(stage.effects, 'spawn').at(-1)?.environment['DB_HOST']).toBe('secret');
});

test('rules that a process does not see are taken over without a restart', () => {
  const stage = openStage([serviceOf('api')]);
  const effects = apply(stage, [serviceOf('api', { stopGraceMs: 1_000, labels: { a: 'b' } })]);
  expect(changesIn(effects)).toEqual([
    { service: 'api', change: 'updated', why: 'stop_grace_period changed, labels changed' },
  ]);
  expect(view(stage, 'api.1').state).toBe('running');
});

test('services come, go and change their number', () => {
  const stage = openStage([serviceOf('api'), serviceOf('old')]);
  const effects = apply(stage, [serviceOf('api', { replicas: 2 }), serviceOf('new')]);
  expect(changesIn(effects)).toEqual([
    { service: 'old', change: 'removed', why: 'no longer in the stack' },
    { service: 'api', change: 'rescaled', why: '1 to 2 replicas' },
    { service: 'new', change: 'added', why: 'new in the stack' },
  ]);
  expect(spawned(effects)).toEqual(['api.2', 'new.1']);
  exit(stage, 'old.1', exitWith(0));
  expect(unknownServices(stage.state, ['api', 'old'])).toEqual(['old']);
});

test('a service that comes back while it leaves is started again after its end', () => {
  const stage = openStage([serviceOf('api')]);
  apply(stage, []);
  apply(stage, [serviceOf('api')]);
  expect(spawned(exit(stage, 'api.1', exitWith(0)))).toEqual(['api.1']);
});

test('an edit ends a crash loop and a failure, for it is meant as a cure', () => {
  const stage = openStage([serviceOf('job', { oneShot: true, restart: 'no' })]);
  exit(stage, 'job.1', exitWith(1));
  const cured = serviceOf('job', { oneShot: true, restart: 'no', command: ['better'] });
  expect(spawned(apply(stage, [cured]))).toEqual(['job.1']);
});

test('up again tries failed jobs again, finished ones not', () => {
  const stage = openStage([job('bad'), job('good')]);
  exit(stage, 'bad.1', exitWith(1));
  exit(stage, 'good.1', exitWith(0));
  expect(spawned(apply(stage, [job('bad'), job('good')]))).toEqual(['bad.1']);
});

test('another port is asked for when the definition wants another one', () => {
  const stage = openStage([serviceOf('api', { port: portAt(8_000) })]);
  apply(stage, [serviceOf('api', { port: portAt(9_000) })]);
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1').port?.port).toBe(9_000);
  apply(stage, [serviceOf('api')]);
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1').port).toBeNull();
});

test('a service becomes external and comes back', () => {
  const stage = openStage([serviceOf('db')]);
  apply(stage, [serviceOf('db', { external: true, externalUrl: 'http://db:1' })]);
  exit(stage, 'db.1', exitWith(0));
  expect(view(stage, 'db.1').state).toBe('external');
  expect(spawned(apply(stage, [serviceOf('db')]))).toEqual(['db.1']);
});

test('a stack with a cycle is not taken', () => {
  const stage = openStage([serviceOf('a')]);
  const cycle = [
    serviceOf('a', { dependsOn: [needs('b')] }),
    serviceOf('b', { dependsOn: [needs('a')] }),
  ];
  expect(apply(stage, cycle)).toEqual([]);
});

test('up during down turns round', () => {
  const stage = openStage([serviceOf('api')]);
  send(stage, { kind: 'command-given', command: 'down', services: [], actor: 'me' });
  expect(isGoingDown(stage.state)).toBe(true);
  apply(stage, [serviceOf('api')]);
  expect(spawned(exit(stage, 'api.1', exitWith(0)))).toEqual(['api.1']);
  expect(only(stage.effects, 'halt')).toEqual([]);
});

test('scaling keeps to the bounds, removes the youngest first, and is remembered', () => {
  const stage = openStage([serviceOf('api', { maxReplicas: 3 })]);
  const scale = (replicas: number) =>
    send(stage, { kind: 'scale-asked', service: 'api', replicas, actor: 'me' });
  expect(spawned(scale(9))).toEqual(['api.2', 'api.3']);
  expect(stage.log).toContainEqual({
    kind: 'wanted',
    service: 'api',
    wanted: 'running',
    replicas: 3,
    actor: 'me',
  });
  scale(1);
  expect(view(stage, 'api.3').state).toBe('stopping');
  scale(2);
  expect(spawned(exit(stage, 'api.2', exitWith(0)))).toEqual(['api.2']);
  const gone = exit(stage, 'api.3', exitWith(0));
  expect(only(gone, 'publish').map(({ notice }) => notice)).toContainEqual({
    kind: 'instance-removed',
    instance: 'api.3',
  });
});

test('a hash tells definitions apart, whatever the order of keys', () => {
  const a = serviceOf('x', { environment: { A: '1', B: '2' } });
  const b = serviceOf('x', { environment: { B: '2', A: '1' } });
  expect(configHash(a)).toBe(configHash(b));
  expect(configHash(a)).not.toBe(configHash(serviceOf('x', { environment: { A: '1' } })));
});
