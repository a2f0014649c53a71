import { test } from 'vitest';
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Service } from '../stack/service.ts';
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
  stackOf,
  view,
  type Stage,
} from './stage.ts';

const three = { replicas: 3, port: portAt(8000, 8009), ...CHECKED } as const;
const names = ['api.1', 'api.2', 'api.3'] as const;

function api(given: Partial<Service> = {}): Service {
  return serviceOf('api', { ...three, ...given });
}

function ready(given: Partial<Service> = {}): Stage {
  const stage = openStage([api(given)]);
  for (const name of names) report(stage, name, true);
  return stage;
}

function roll(stage: Stage) {
  const command = { kind: 'command-given', command: 'restart', services: ['api'] } as const;
  return send(stage, { ...command, actor: 'me', rolling: true });
}

/** The draining replica leaves: its time passes, it hears the signal, it ends. */
function leave(stage: Stage, name: string) {
  pass(stage, 1_000);
  return exit(stage, name, exitWith(0));
}

function served(stage: Stage): readonly string[] {
  const last = only(stage.effects, 'tell-endpoints').at(-1);
  return last?.endpoints.map(({ instance }) => instance) ?? [];
}

function rolledOf(stage: Stage) {
  return only(stage.effects, 'publish').flatMap(({ notice }) =>
    notice.kind === 'rolled' ? [notice] : [],
  );
}

test('one replica after another, the next once the former is ready', () => {
  const stage = ready();
  deepEqual(served(stage), names);
  roll(stage);
  for (const name of names) {
    deepEqual(
      served(stage),
      names.filter((one) => one !== name),
    );
    equal(view(stage, name).state, 'stopping');
    deepEqual(spawned(leave(stage, name)), [name]);
    ok(served(stage).length === 2);
    report(stage, name, true);
  }
  deepEqual(served(stage), names);
  deepEqual(
    rolledOf(stage).map(({ phase, done }) => [phase, done]),
    [['done', 3]],
  );
  equal(view(stage, 'api.1').rolling, null);
});

test('readiness is withdrawn before the signal', () => {
  const stage = ready();
  deepEqual(only(roll(stage), 'signal'), []);
  deepEqual(only(pass(stage, 999), 'signal'), []);
  equal(only(pass(stage, 1), 'signal').length, 1);
});

test('drain says how long', () => {
  const stage = ready({ drainMs: 0 });
  equal(only(roll(stage), 'signal').length, 1);
});

test('a fresh replica that dies stops it, and the rest runs on', () => {
  const stage = ready();
  roll(stage);
  leave(stage, 'api.1');
  exit(stage, 'api.1', exitWith(1));
  pass(stage, 300_000);
  deepEqual(
    rolledOf(stage).map(({ phase, why }) => [phase, why]),
    [['stopped', 'api.1 ended: exit 1; 2 of 3 run on as before']],
  );
  equal(view(stage, 'api.2').rolling?.phase, 'stopped');
  deepEqual(served(stage), ['api.2', 'api.3']);
});

test('a fresh replica that is not ready in time stops it', () => {
  const stage = ready();
  roll(stage);
  leave(stage, 'api.1');
  pass(stage, 90_000);
  const [stopped] = rolledOf(stage);
  ok(stopped?.why?.startsWith('api.1 was not ready within'));
  deepEqual(served(stage), ['api.2', 'api.3']);
});

test('an edit rolls; an up after the cure takes the rest', () => {
  const stage = ready();
  const apply = (one: Service) => send(stage, { kind: 'stack-applied', stack: stackOf([one]) });
  apply(api({ environment: { MODE: 'broken' } }));
  leave(stage, 'api.1');
  exit(stage, 'api.1', exitWith(1));
  equal(rolledOf(stage).length, 1);
  apply(api({ environment: { MODE: 'cured' } }));
  // The broken one goes first: it serves nobody.
  exit(stage, 'api.1', exitWith(0));
  report(stage, 'api.1', true);
  for (const name of ['api.2', 'api.3']) {
    leave(stage, name);
    report(stage, name, true);
  }
  equal(rolledOf(stage).at(-1)?.phase, 'done');
  const last = only(stage.effects, 'spawn').slice(-3);
  deepEqual(
    last.map(({ environment }) => environment['MODE']),
    ['cured', 'cured', 'cured'],
  );
});

test('an up that changes nothing goes on where it was stopped', () => {
  const stage = ready();
  const edited = stackOf([api({ environment: { MODE: 'new' } })]);
  send(stage, { kind: 'stack-applied', stack: edited });
  leave(stage, 'api.1');
  pass(stage, 90_000);
  report(stage, 'api.1', true);
  deepEqual(served(stage), names);
  send(stage, { kind: 'stack-applied', stack: edited });
  deepEqual(served(stage), ['api.1', 'api.3']);
});

test('start-first lets one more run meanwhile', () => {
  const rolling = { parallelism: 1, delayMs: 0, monitorMs: null, order: 'start-first' } as const;
  const stage = ready({ rolling });
  deepEqual(spawned(roll(stage)), ['api.4']);
  deepEqual(served(stage), names);
  report(stage, 'api.4', true);
  for (const name of names) {
    equal(served(stage).length, 3);
    leave(stage, name);
    report(stage, name, true);
  }
  deepEqual(served(stage), names);
  leave(stage, 'api.4');
  ok(!stage.state.instances.has('api.4'));
});

test('all at once where that is asked for', () => {
  const rolling = { parallelism: 0, delayMs: 0, monitorMs: null, order: 'stop-first' } as const;
  const stage = ready({ rolling });
  equal(only(roll(stage), 'signal').length, 3);
});

test('a service of one replica is restarted as ever', () => {
  const stage = openStage([api({ replicas: 1 })]);
  report(stage, 'api.1', true);
  equal(only(roll(stage), 'signal').length, 1);
});

test('a stop ends it', () => {
  const stage = ready();
  roll(stage);
  const stop = { kind: 'command-given', command: 'stop', services: ['api'] } as const;
  send(stage, { ...stop, actor: 'me' });
  equal(view(stage, 'api.2').rolling, null);
  deepEqual(served(stage), []);
});

test('who follows a restart follows once, at the end', () => {
  const web = serviceOf('web', { dependsOn: [needs('api', { restart: true })] });
  const stage = openStage([api(), web]);
  for (const name of names) report(stage, name, true);
  pass(stage, 1);
  roll(stage);
  for (const name of names) {
    equal(view(stage, 'web.1').state, 'running');
    leave(stage, name);
    report(stage, name, true);
  }
  equal(view(stage, 'web.1').state, 'stopping');
});

test('an adopted replica is an address until its checks speak', () => {
  const survivors = names.map((instance, at) => ({
    token: `e0-${at}`,
    instance,
    pid: 100 + at,
    shimPid: 200 + at,
    exit: null,
    port: 8000 + at,
  }));
  const stage = openStage([api()], { survivors });
  deepEqual(served(stage), names);
  report(stage, 'api.2', false);
  deepEqual(served(stage), ['api.1', 'api.3']);
});

test('a definition that changed while no daemon lived is rolled out, too', () => {
  const survivors = names.map((instance, at) => ({
    token: `e0-${at}`,
    instance,
    pid: 100 + at,
    shimPid: 200 + at,
    exit: null,
    port: 8000 + at,
  }));
  const entries = survivors.map(({ token, instance, port }) => ({
    kind: 'intent' as const,
    token,
    instance,
    port,
    configHash: '1:0000000000000000',
    reason: 'first-start' as const,
    nowMs: 1,
    atMs: 1,
  }));
  const stage = openStage([api()], { survivors, entries });
  equal(view(stage, 'api.1').rolling?.phase, 'under-way');
  deepEqual(served(stage), ['api.2', 'api.3']);
});

test('a surplus replica drains before it goes', () => {
  const stage = ready();
  send(stage, { kind: 'scale-asked', service: 'api', replicas: 2, actor: 'me' });
  deepEqual(served(stage), ['api.1', 'api.2']);
  equal(only(stage.effects, 'signal').length, 0);
  leave(stage, 'api.3');
  equal(only(stage.effects, 'signal').length, 1);
});
