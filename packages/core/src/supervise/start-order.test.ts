import { expect, test } from 'vitest';
import {
  CHECKED,
  exit,
  exitWith,
  needs,
  only,
  openStage,
  pass,
  portAt,
  report,
  send,
  serviceOf,
  spawned,
  view,
} from './stage.ts';

test('everything without conditions starts in one step', () => {
  const stage = openStage([serviceOf('a'), serviceOf('b'), serviceOf('c', { replicas: 3 })]);
  expect(spawned(stage.effects)).toEqual(['a.1', 'b.1', 'c.1', 'c.2', 'c.3']);
});

test('a dependant starts the moment its dependency is healthy, not before', () => {
  const healthy = needs('db', { condition: 'service_healthy' });
  const stage = openStage([serviceOf('api', { dependsOn: [healthy] }), serviceOf('db', CHECKED)]);
  expect(spawned(stage.effects)).toEqual(['db.1']);
  expect(view(stage, 'api.1').waitingFor).toEqual([
    { service: 'db', condition: 'service_healthy' },
  ]);
  pass(stage, 3_600_000);
  expect(view(stage, 'api.1').state).toBe('waiting');
  expect(spawned(report(stage, 'db.1', true))).toEqual(['api.1']);
  expect(view(stage, 'db.1').state).toBe('running');
});

test('a job gates its dependants until it ended well', () => {
  const done = needs('migrate', { condition: 'service_completed_successfully' });
  const stage = openStage([
    serviceOf('api', { dependsOn: [done] }),
    serviceOf('migrate', { oneShot: true, restart: 'no' }),
  ]);
  expect(spawned(stage.effects)).toEqual(['migrate.1']);
  expect(spawned(exit(stage, 'migrate.1', exitWith(0)))).toEqual(['api.1']);
  expect(view(stage, 'migrate.1').state).toBe('done');
});

test('a failed job keeps its dependants waiting until somebody starts it again', () => {
  const done = needs('migrate', { condition: 'service_completed_successfully' });
  const stage = openStage([
    serviceOf('api', { dependsOn: [done] }),
    serviceOf('migrate', { oneShot: true, restart: 'no' }),
  ]);
  exit(stage, 'migrate.1', exitWith(3));
  expect(view(stage, 'migrate.1').state).toBe('failed');
  expect(view(stage, 'api.1').state).toBe('waiting');
  send(stage, { kind: 'command-given', command: 'start', services: ['migrate'], actor: 'me' });
  expect(spawned(exit(stage, 'migrate.1', exitWith(0)))).toEqual(['api.1']);
});

test('an optional dependency that is absent or failed does not hold up a start', () => {
  const stage = openStage([
    serviceOf('api', {
      dependsOn: [needs('ghost', { required: false }), needs('job', { required: false })],
    }),
    serviceOf('job', { oneShot: true, restart: 'no' }),
  ]);
  exit(stage, 'job.1', exitWith(1));
  expect(spawned(stage.effects)).toContain('api.1');
  expect(view(stage, 'api.1').missingOptional).toEqual(['ghost', 'job']);
});

test('an optional dependency on its way is waited for, but not longer than ten seconds', () => {
  const healthy = needs('cache', { condition: 'service_healthy', required: false });
  const services = [serviceOf('cache', CHECKED), serviceOf('api', { dependsOn: [healthy] })];
  const stage = openStage(services);
  expect(spawned(stage.effects)).toEqual(['cache.1']);
  expect(spawned(pass(stage, 9_999))).toEqual([]);
  expect(spawned(pass(stage, 1))).toEqual(['api.1']);
  expect(view(stage, 'api.1').missingOptional).toEqual(['cache']);
  const told = only(report(stage, 'cache.1', true), 'publish').map(({ notice }) => notice);
  expect(told.some((one) => one.kind === 'instance-changed' && one.view.service === 'api')).toBe(
    true,
  );
  expect(view(stage, 'api.1').missingOptional).toEqual([]);
});

test('a crashed dependant waits for what it needs instead of looping', () => {
  const stage = openStage([serviceOf('db'), serviceOf('api', { dependsOn: [needs('db')] })]);
  send(stage, { kind: 'command-given', command: 'stop', services: ['db'], actor: 'me' });
  exit(stage, 'db.1', exitWith(0));
  expect(spawned(exit(stage, 'api.1', exitWith(1)))).toEqual([]);
  expect(view(stage, 'api.1').waitingFor).toHaveLength(1);
});

test('an external service is never started and is healthy when the controller says so', () => {
  const stage = openStage([
    serviceOf('api', { dependsOn: [needs('pay', { condition: 'service_healthy' })] }),
    serviceOf('pay', { external: true, externalUrl: 'https://pay.example/v1' }),
  ]);
  expect(spawned(stage.effects)).toEqual([]);
  expect(view(stage, 'pay.1').state).toBe('external');
  const ready = { kind: 'health-reported', ready: true, alive: true } as const;
  expect(spawned(send(stage, { ...ready, token: 'external:pay.1' }))).toEqual(['api.1']);
});

test('services wait for the controller to get its port, for FETTLE_URL names it', () => {
  const controller = serviceOf('@controller', { port: portAt(7_700) });
  const open = openStage([serviceOf('api')], { internal: [controller] });
  const order = spawned(open.effects);
  expect(order).toEqual(['@controller.1', 'api.1']);
  const api = only(open.effects, 'spawn').find(({ instance }) => instance === 'api.1');
  expect(api?.environment['FETTLE_URL']).toBe('http://127.0.0.1:7700');
});

test('a spawn that is never answered is killed and tried again', () => {
  const stage = openStage([]);
  stage.answer = (effect) =>
    effect.kind === 'kill-tree' ? { kind: 'tree-gone', token: effect.token } : null;
  send(stage, {
    kind: 'stack-applied',
    stack: { ...stage.state.stack!, services: [serviceOf('api')] },
  });
  const effects = pass(stage, 11_000);
  expect(only(effects, 'kill-tree').length).toBeGreaterThan(0);
  expect(spawned(effects)).toEqual(['api.1']);
});
