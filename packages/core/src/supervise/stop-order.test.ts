import { expect, test } from 'vitest';
import {
  exit,
  exitWith,
  needs,
  only,
  openStage,
  pass,
  send,
  serviceOf,
  spawned,
  view,
  type Stage,
} from './stage.ts';

const give = (
  stage: Stage,
  command: 'start' | 'stop' | 'restart' | 'down',
  ...services: string[]
) => send(stage, { kind: 'command-given', command, services, actor: 'me' });
const chain = () =>
  openStage(
    [
      serviceOf('db'),
      serviceOf('api', { dependsOn: [needs('db')], stopSignal: 'SIGINT', stopGraceMs: 3_000 }),
      serviceOf('web', { dependsOn: [needs('api')] }),
    ],
    { internal: [serviceOf('@controller')] },
  );
const signalled = (stage: Stage, effects: ReturnType<typeof send>) =>
  only(effects, 'signal').map(
    ({ token }) => [...stage.state.runs.values()].find((run) => run.token === token)?.instanceId,
  );

test('everything stops in reverse order, each after its dependants have ended', () => {
  const stage = chain();
  expect(signalled(stage, give(stage, 'stop'))).toEqual(['web.1']);
  expect(signalled(stage, exit(stage, 'web.1', exitWith(0)))).toEqual(['api.1']);
  expect(signalled(stage, exit(stage, 'api.1', exitWith(0)))).toEqual(['db.1']);
  exit(stage, 'db.1', exitWith(143));
  for (const id of ['db.1', 'api.1', 'web.1']) expect(view(stage, id).state).toBe('stopped');
  expect(view(stage, '@controller.1').state).toBe('running');
});

test('stopping one service leaves its dependants alone', () => {
  const stage = chain();
  expect(signalled(stage, give(stage, 'stop', 'db'))).toEqual(['db.1']);
  expect(view(stage, 'api.1').state).toBe('running');
});

test('the stop signal of the service is used, then grace, then the whole tree is killed', () => {
  const stage = chain();
  const token = view(stage, 'api.1').token!;
  expect(only(give(stage, 'stop', 'api'), 'signal')[0]?.posixSignal).toBe('SIGINT');
  expect(only(pass(stage, 2_999), 'kill-tree')).toEqual([]);
  expect(only(pass(stage, 1), 'kill-tree')).toEqual([{ kind: 'kill-tree', token }]);
});

test('a run that survives SIGKILL is killed again and holds up nobody for ever', () => {
  const stage = chain();
  stage.answer = () => null;
  give(stage, 'stop');
  pass(stage, 10_000);
  const later = pass(stage, 6_000);
  expect(only(later, 'kill-tree').length).toBeGreaterThanOrEqual(2);
  expect(signalled(stage, later)).toEqual(['api.1']);
  expect(view(stage, 'web.1').state).toBe('stopping');
});

test('down ends the controller last and then the daemon', () => {
  const stage = chain();
  give(stage, 'down');
  for (const id of ['web.1', 'api.1']) exit(stage, id, exitWith(0));
  expect(view(stage, '@controller.1').state).toBe('stopping');
  expect(only(stage.effects, 'halt')).toEqual([]);
  expect(signalled(stage, exit(stage, 'db.1', exitWith(0)))).toEqual(['@controller.1']);
  expect(only(exit(stage, '@controller.1', exitWith(0)), 'halt')).toHaveLength(1);
});

test('a controller that dies during down is not started again', () => {
  const stage = chain();
  give(stage, 'down');
  expect(spawned(exit(stage, '@controller.1', exitWith(1)))).toEqual([]);
});

test('a restart of everything goes down in reverse and comes up in order', () => {
  const stage = chain();
  give(stage, 'restart');
  exit(stage, 'web.1', exitWith(0));
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1').state).toBe('waiting');
  expect(spawned(exit(stage, 'db.1', exitWith(0)))).toEqual(['db.1', 'api.1', 'web.1']);
  expect(view(stage, 'web.1')).toMatchObject({ startReason: 'operator-restart', restarts: 0 });
});

test('start while stopping means start after the stop', () => {
  const stage = chain();
  give(stage, 'stop', 'db');
  give(stage, 'start', 'db');
  expect(spawned(exit(stage, 'db.1', exitWith(0)))).toEqual(['db.1']);
});

test('a stop before the spawn is confirmed is carried out when it is', () => {
  const stage = openStage([]);
  stage.answer = () => null;
  send(stage, {
    kind: 'stack-applied',
    stack: { ...stage.state.stack!, services: [serviceOf('api')] },
  });
  const token = view(stage, 'api.1').token!;
  expect(only(give(stage, 'stop', 'api'), 'signal')).toEqual([]);
  const effects = send(stage, { kind: 'run-spawned', token, pid: 1, shimPid: 2 });
  expect(only(effects, 'signal')).toHaveLength(1);
});

test('depends_on restart: true follows a decided restart, not a crash', () => {
  const stage = openStage([
    serviceOf('db'),
    serviceOf('api', { dependsOn: [needs('db', { restart: true })] }),
  ]);
  pass(stage, 1_000);
  exit(stage, 'db.1', exitWith(1));
  expect(view(stage, 'api.1').state).toBe('running');
  pass(stage, 1_000);
  give(stage, 'restart', 'db');
  exit(stage, 'db.1', exitWith(0));
  expect(view(stage, 'api.1').state).toBe('stopping');
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1')).toMatchObject({ startReason: 'dependency-restarted', restarts: 1 });
});

test('replicas that restart together restart their followers once', () => {
  const stage = openStage([
    serviceOf('db', { replicas: 2 }),
    serviceOf('api', { dependsOn: [needs('db', { restart: true })] }),
  ]);
  pass(stage, 1_000);
  give(stage, 'restart', 'db');
  pass(stage, 100);
  exit(stage, 'db.1', exitWith(0));
  exit(stage, 'api.1', exitWith(0));
  pass(stage, 100);
  exit(stage, 'db.2', exitWith(0));
  expect(view(stage, 'api.1')).toMatchObject({ state: 'running', restarts: 1 });
});

test('leftovers of an ended run are killed until they are gone', () => {
  const stage = chain();
  stage.answer = () => null;
  give(stage, 'stop', 'web');
  exit(stage, 'web.1', exitWith(0));
  const kills = only(pass(stage, 60_000), 'kill-tree').length;
  expect(kills).toBe(9);
  expect(stage.state.runs.size).toBe(3);
});
