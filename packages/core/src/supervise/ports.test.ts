import { expect, test } from 'vitest';
import type { PortOwner } from '../stack/port.ts';
import type { SuperviseEffect } from './effect.ts';
import type { SuperviseEvent } from './event.ts';
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
  view,
  type Stage,
} from './stage.ts';

const owner = (kind: PortOwner['kind']): PortOwner => ({
  pid: 4_121,
  command: 'node server.js',
  kind,
  instance: null,
  runningForMs: null,
});
/** Refuses every question for the one port; grants 9000 when there is a fallback. */
const refuse = (stage: Stage, kind: PortOwner['kind']) => {
  stage.answer = (effect: SuperviseEffect): SuperviseEvent | null => {
    if (effect.kind !== 'find-port') return politely(effect, stage);
    const refused = { port: 8_000, owner: owner(kind) };
    const { instance } = effect;
    return effect.fallback
      ? { kind: 'port-granted', instance, port: 9_000, refused }
      : { kind: 'port-refused', instance, refused };
  };
};
const pair = (fallback = true) =>
  openStage([
    serviceOf('api', { port: portAt(8_000, 8_000, fallback) }),
    serviceOf('web', { dependsOn: [needs('api')] }),
  ]);

test('a service that asks for no port gets none', () => {
  const stage = openStage([serviceOf('job')]);
  expect(only(stage.effects, 'find-port')).toEqual([]);
  expect(view(stage, 'job.1').port).toBeNull();
});

test('the allocation is recorded, handed over as PORT, and told to dependants', () => {
  const stage = pair();
  expect(stage.log).toContainEqual({ kind: 'port', instance: 'api.1', port: 8_000 });
  const [api, web] = only(stage.effects, 'spawn');
  expect(api?.environment).toMatchObject({ PORT: '8000', HOST: '127.0.0.1' });
  expect(web?.environment).toMatchObject({ API_PORT: '8000', API_URL: 'http://127.0.0.1:8000' });
});

test('replicas get one port each out of the list', () => {
  const stage = openStage([serviceOf('api', { port: portAt(8_000, 8_004), replicas: 3 })]);
  const ports = ['api.1', 'api.2', 'api.3'].map((id) => view(stage, id).port?.port);
  expect(ports).toEqual([8_000, 8_001, 8_002]);
});

test('a restart keeps the port and asks for nothing else', () => {
  const stage = pair();
  pass(stage, 5_000);
  const [question] = only(exit(stage, 'api.1', exitWith(1)), 'find-port');
  expect(question).toMatchObject({ candidates: [{ from: 8_000, to: 8_000 }], fallback: false });
  expect(view(stage, 'web.1').state).toBe('running');
});

test('a stranger on the port moves the service and restarts who was told the old one', () => {
  const stage = pair();
  pass(stage, 5_000);
  refuse(stage, 'foreign');
  const effects = exit(stage, 'api.1', exitWith(1));
  expect(view(stage, 'api.1')).toMatchObject({
    state: 'running',
    port: { port: 9_000, fallbackFrom: { port: 8_000 } },
    portTrouble: { port: 8_000, owner: { pid: 4_121 } },
  });
  const moved = only(effects, 'publish').find(({ notice }) => notice.kind === 'port-moved');
  expect(moved?.notice).toEqual({
    kind: 'port-moved',
    service: 'api',
    instance: 'api.1',
    from: 8_000,
    to: 9_000,
    why: '8000 is taken by pid 4121 (node server.js)',
    dependants: ['web'],
  });
  exit(stage, 'web.1', exitWith(0));
  expect(view(stage, 'web.1').startReason).toBe('dependency-moved');
  expect(only(stage.effects, 'spawn').at(-1)?.environment['API_PORT']).toBe('9000');
});

test('its own dying tree is waited for, but only for a while', () => {
  const stage = pair();
  pass(stage, 5_000);
  refuse(stage, 'orphan');
  exit(stage, 'api.1', exitWith(1));
  expect(view(stage, 'api.1').state).toBe('waiting');
  pass(stage, 4_000);
  expect(view(stage, 'api.1').state).toBe('waiting');
  pass(stage, 2_000);
  expect(view(stage, 'api.1').port?.port).toBe(9_000);
});

test('the end of the old tree is a reason to ask at once', () => {
  const stage = pair();
  pass(stage, 5_000);
  const { token } = view(stage, 'api.1');
  refuse(stage, 'orphan');
  const { answer } = stage;
  stage.answer = (effect) => (effect.kind === 'kill-tree' ? null : answer(effect, stage));
  exit(stage, 'api.1', exitWith(1));
  expect(view(stage, 'api.1').state).toBe('waiting');
  stage.answer = politely;
  expect(spawned(send(stage, { kind: 'tree-gone', token: token! }))).toEqual(['api.1']);
  expect(view(stage, 'api.1').port?.port).toBe(8_000);
});

test('a refused port without fallback is waited for with back-off and names its owner', () => {
  const stage = openStage([]);
  refuse(stage, 'foreign');
  const services = [serviceOf('api', { port: portAt(8_000, 8_000, false) })];
  send(stage, { kind: 'stack-applied', stack: { ...stage.state.stack!, services } });
  expect(view(stage, 'api.1')).toMatchObject({
    state: 'waiting',
    portTrouble: { port: 8_000, owner: { pid: 4_121, command: 'node server.js' } },
  });
  const questions = only(pass(stage, 3_600_000), 'find-port').length;
  expect(questions).toBeGreaterThan(100);
  expect(questions).toBeLessThan(600);
  stage.answer = politely;
  expect(spawned(pass(stage, 31_000))).toEqual(['api.1']);
});

test('an unanswered question is put again', () => {
  const stage = openStage([]);
  stage.answer = () => null;
  const services = [serviceOf('api', { port: portAt(8_000) })];
  send(stage, { kind: 'stack-applied', stack: { ...stage.state.stack!, services } });
  expect(only(pass(stage, 20_000), 'find-port')).toHaveLength(2);
});

test('a stopped service lets go of its port and takes it again', () => {
  const stage = pair();
  const give = (command: 'start' | 'stop') =>
    send(stage, { kind: 'command-given', command, services: ['api'], actor: 'me' });
  give('stop');
  const effects = exit(stage, 'api.1', exitWith(0));
  expect(only(effects, 'release-port')).toEqual([
    { kind: 'release-port', instance: 'api.1', port: 8_000 },
  ]);
  const [question] = only(give('start'), 'find-port');
  expect(question).toMatchObject({ last: 8_000, fallback: true });
});

test('a grant that comes too late is given back', () => {
  const stage = pair();
  const late = send(stage, {
    kind: 'port-granted',
    instance: 'gone.1',
    port: 9_100,
    refused: null,
  });
  expect(late).toEqual([{ kind: 'release-port', instance: 'gone.1', port: 9_100 }]);
});

test('a theft ends the run, which comes back elsewhere', () => {
  const stage = pair();
  refuse(stage, 'foreign');
  const token = view(stage, 'api.1').token!;
  send(stage, { kind: 'port-stolen', token, port: 8_000, owner: owner('foreign') });
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1')).toMatchObject({
    startReason: 'port-stolen',
    port: { port: 9_000 },
  });
});

test('reserved ranges of other classes are kept out', () => {
  const stage = openStage([serviceOf('api', { port: portAt(8_000), portClass: 'web' })], {
    reservedPorts: [
      { class: 'db', from: 5_400, to: 5_499 },
      { class: 'web', from: 8_000, to: 8_099 },
    ],
  });
  expect(only(stage.effects, 'find-port')[0]?.reserved).toEqual([{ from: 5_400, to: 5_499 }]);
});

const move = (stage: Stage, to: number | null = null) =>
  send(stage, { kind: 'port-move-asked', instance: 'api.1', to, actor: 'fettle' });

test('asked to move, it leaves a port that is free, and its dependants follow', () => {
  const stage = pair();
  pass(stage, 5_000);
  move(stage);
  expect(view(stage, 'api.1').state).toBe('stopping');
  const effects = exit(stage, 'api.1', exitWith(0));
  const moved = view(stage, 'api.1').port?.port;
  expect(moved).not.toBe(8_000);
  expect(only(effects, 'release-port')).toMatchObject([{ instance: 'api.1', port: 8_000 }]);
  const told = only(effects, 'publish').find(({ notice }) => notice.kind === 'port-moved');
  expect(told?.notice).toMatchObject({ from: 8_000, to: moved, why: 'fettle asked for it' });
  exit(stage, 'web.1', exitWith(0));
  expect(only(stage.effects, 'spawn').at(-1)?.environment['API_PORT']).toBe(String(moved));
  move(stage, 8_000);
  exit(stage, 'api.1', exitWith(0));
  expect(view(stage, 'api.1').port?.port).toBe(8_000);
});

test('the wish is for one search: a crash later keeps the port that it has', () => {
  const stage = pair();
  move(stage);
  exit(stage, 'api.1', exitWith(0));
  const moved = view(stage, 'api.1').port?.port;
  const [question] = only(exit(stage, 'api.1', exitWith(1)), 'find-port');
  expect(question).toMatchObject({ candidates: [{ from: moved, to: moved }], fallback: false });
});

test('where no other port is to be had, it keeps its own', () => {
  const stage = openStage([serviceOf('api', { port: portAt(8_000, 8_000, false) })]);
  const { answer } = stage;
  stage.answer = (effect) => {
    if (effect.kind !== 'find-port' || !effect.taken.includes(8_000)) return answer(effect, stage);
    const refused = { port: 8_000, owner: owner('ours') };
    return { kind: 'port-refused', instance: effect.instance, refused };
  };
  move(stage);
  exit(stage, 'api.1', exitWith(0));
  pass(stage, 5_000);
  expect(view(stage, 'api.1')).toMatchObject({ state: 'running', port: { port: 8_000 } });
});

test('an answer that comes after the wish and before its question is weighed against it', () => {
  const stage = openStage([]);
  stage.answer = (effect) => (effect.kind === 'find-port' ? null : politely(effect, stage));
  const services = [serviceOf('api', { port: portAt(8_000) })];
  send(stage, { kind: 'stack-applied', stack: { ...stage.state.stack!, services } });
  const granted = { kind: 'port-granted', instance: 'api.1', refused: null } as const;
  send(stage, { ...granted, port: 8_000 });
  exit(stage, 'api.1', exitWith(1));
  move(stage);
  const [question] = only(send(stage, { ...granted, port: 8_000 }), 'find-port');
  expect(question?.taken).toContain(8_000);
  expect(view(stage, 'api.1').state).toBe('waiting');
  send(stage, { ...granted, port: 8_001 });
  expect(view(stage, 'api.1').port?.port).toBe(8_001);
});
