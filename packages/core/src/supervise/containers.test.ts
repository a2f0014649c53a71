import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'vitest';
import type { Container } from '../stack/container.ts';
import type { Service } from '../stack/service.ts';
import { configHash } from './config-hash.ts';
import { exitText } from './exit-text.ts';
import { createState, step } from './step.ts';
import {
  exit,
  exitWith,
  needs,
  only,
  openStage,
  pass,
  politely,
  portAt,
  send,
  serviceOf,
  spawned,
  stackOf,
  view,
} from './stage.ts';

const settings = {
  init: false,
  privileged: false,
  readOnly: false,
  tty: false,
  shmBytes: null,
  capAdd: [],
  capDrop: [],
  extraHosts: [],
  securityOpt: [],
  groupAdd: [],
  dns: [],
  sysctls: {},
};
const container = (given: Partial<Container> = {}): Container => ({
  image: 'img:1',
  build: null,
  pull: 'missing',
  platform: null,
  name: null,
  entrypoint: null,
  workingDir: null,
  user: null,
  hostname: null,
  target: 5432,
  published: [],
  mounts: [],
  healthcheck: null,
  stopSignal: null,
  network: 'stack',
  settings,
  ...given,
});
const boxed = (name: string, given: Partial<Service> = {}): Service =>
  serviceOf(name, { command: [], container: container(), ...given });
const keeper = serviceOf('@containers');

test('each is told the others as it reaches them', () => {
  const stage = openStage([
    boxed('db', { port: portAt(15_432) }),
    serviceOf('web', { port: portAt(8_000), dependsOn: [needs('db')] }),
    boxed('job', {
      dependsOn: [needs('db'), needs('web')],
      port: portAt(9_000),
      container: container({ target: 80 }),
    }),
    boxed('host', { dependsOn: [needs('db')], container: container({ network: 'host' }) }),
  ]);
  const of = (name: string) =>
    only(stage.effects, 'spawn').find(({ instance }) => instance === `${name}.1`)!;
  const { environment: web } = of('web');
  deepEqual([web['DB_HOST'], web['DB_PORT'], web['PORT']], ['127.0.0.1', '15432', '8000']);
  ok(web['FETTLE_RUN'] !== undefined);
  const { environment: job, launch } = of('job');
  deepEqual(
    [job['DB_URL'], job['DB_PORT'], job['WEB_URL'], job['PORT'], job['HOST']],
    ['http://db:5432', '5432', 'http://host.docker.internal:8000', '80', '0.0.0.0'],
  );
  equal(job['FETTLE_URL'], 'http://host.docker.internal:7700');
  // A run token in a container would be found in /proc and taken for a process of ours.
  equal(job['FETTLE_RUN'], undefined);
  deepEqual([launch?.relays, launch?.port?.port], [[7_700, 8_000], 9_000]);
  const { environment: host } = of('host');
  deepEqual([host['DB_HOST'], host['DB_PORT']], ['127.0.0.1', '15432']);
});

test('an image may take its time, and a stop does not wait for it', () => {
  const stage = openStage([]);
  stage.answer = (effect) => (effect.kind === 'spawn' ? null : politely(effect, stage));
  send(stage, { kind: 'stack-applied', stack: stackOf([boxed('db')]) });
  deepEqual(only(pass(stage, 120_000), 'kill-tree'), []);
  equal(view(stage, 'db.1').state, 'starting');
  const asked = send(stage, { kind: 'command-given', command: 'stop', services: [], actor: 'me' });
  equal(only(asked, 'kill-tree').length, 1);
  pass(stage, 2_000);
  equal(view(stage, 'db.1').state, 'stopped');
});

test('the keeper is there with the first container, and leaves last', () => {
  const state = createState({ stateDir: '/s', internal: [], keeper, fettleUrl: null });
  const at = { nowMs: 1, atMs: 1 };
  const start = { kind: 'daemon-started', epoch: 'e', entries: [], survivors: [] } as const;
  const begun = step(state, { ...start, stack: stackOf([serviceOf('web')]) }, at);
  deepEqual(spawned(begun), ['web.1']);
  const applied = step(state, { kind: 'stack-applied', stack: stackOf([boxed('db')]) }, at);
  ok(spawned(applied).includes('@containers.1') && spawned(applied).includes('db.1'));
  const tokens = new Map(
    only([...begun, ...applied], 'spawn').map((one) => [one.instance, one.token]),
  );
  for (const token of tokens.values())
    step(state, { kind: 'run-spawned', token, pid: 2, shimPid: null }, at);
  const [web, db, kept] = ['web.1', 'db.1', '@containers.1'].map((name) => tokens.get(name) ?? '');
  const end = (token = '') => step(state, { kind: 'run-exited', token, exit: exitWith(0) }, at);
  const gone = (token = '') => step(state, { kind: 'tree-gone', token }, at);
  end(web);
  gone(web);
  step(state, { kind: 'command-given', command: 'down', services: [], actor: 'me' }, at);
  // What is left of a container only the keeper can end.
  deepEqual(only(end(db), 'signal'), []);
  deepEqual(
    only(gone(db), 'signal').map(({ token }) => token),
    [kept],
  );
  end(kept);
  equal(only(gone(kept), 'halt').length, 1);
});

test('its settings are part of what a run was started with; of a process nothing changed', () => {
  const one = configHash(boxed('db'));
  ok(one !== configHash(boxed('db', { container: container({ image: 'img:2' }) })));
  equal(one, configHash(boxed('db', { container: { ...container(), network: 'stack' } })));
  equal(configHash(serviceOf('web')), configHash({ ...serviceOf('web') }));
});

test('an end through the engine is said, and it comes back', () => {
  const stage = openStage([boxed('db')]);
  const ended = exit(stage, 'db.1', { ...exitWith(0), note: 'stopped-elsewhere' });
  deepEqual(spawned(ended), ['db.1']);
  const { lastExit } = view(stage, 'db.1');
  equal(
    lastExit === null ? '' : exitText(lastExit),
    'stopped through the engine, not by Fettle (exit 0)',
  );
});
