/** The order in which effects reach the world. */
import { deepEqual } from 'node:assert/strict';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import { createState } from '@fettle/core/supervise/step';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { test } from 'vitest';
import { controllerService } from './controller-service.ts';
import { type Crowd, createDriver, type Driver } from './driver.ts';

const paths = statePaths('/tmp/nowhere');
const plain = { ...controllerService(paths, 'main.js'), port: null };
const service = (name: string) => ({ ...plain, name });

type Also = (effect: SuperviseEffect, driver: Driver, crowd: Crowd) => void;

const answered: Also = (effect, driver) => {
  if (effect.kind !== 'spawn') return;
  driver.handle({ kind: 'run-spawned', token: effect.token, pid: null, shimPid: 1 });
};

/** Names of the instances in order of their spawn; `also` sees each effect first. */
function spawnsOf(also: Also, names: readonly string[] = ['one', 'two']): string[] {
  const state = createState({
    stateDir: paths.stateDir,
    internal: [plain],
    fettleUrl: 'http://127.0.0.1:7700',
  });
  const order: string[] = [];
  const driver: Driver = createDriver(state, (effect, crowd) => {
    also(effect, driver, crowd);
    if (effect.kind === 'spawn' || effect.kind === 'kill-tree')
      order.push(`${effect.kind} ${effect.kind === 'spawn' ? effect.instance : effect.token}`);
  });
  const stack = {
    name: 'test',
    dir: '/tmp',
    files: [],
    configModifiedAtMs: 0,
    services: names.map(service),
    reservedPorts: [],
  };
  driver.handle({ kind: 'daemon-started', epoch: 'e', stack, entries: [], survivors: [] });
  driver.stop();
  return order;
}

test('services are started before the controller that would take their cores', () => {
  deepEqual(spawnsOf(answered), ['spawn one.1', 'spawn two.1', 'spawn @controller.1']);
});

test('the controller waits for others that are not born yet', () => {
  deepEqual(
    spawnsOf(() => {}),
    ['spawn one.1', 'spawn two.1'],
  );
});

function crowdsOf(count: number): Crowd[] {
  const names = Array.from({ length: count }, (_none, at) => `s${at}`);
  const crowds: Crowd[] = [];
  spawnsOf((effect, driver, crowd) => {
    if (effect.kind === 'spawn') crowds.push(crowd);
    answered(effect, driver, crowd);
  }, names);
  return crowds;
}

test('a few are no crowd', () => {
  deepEqual(crowdsOf(2), [null, null, null]);
});

test('many are a crowd to its last member, and the controller is none of it', () => {
  const members = Array.from({ length: 9 }, () => 'member');
  deepEqual(crowdsOf(10), [...members, 'last', null]);
});

test('nobody is killed before it was started', () => {
  let token: string | null = null;
  const order = spawnsOf((effect, driver) => {
    if (effect.kind === 'record' && effect.entry.kind === 'intent')
      if (effect.entry.instance === '@controller.1') token = effect.entry.token;
    if (effect.kind !== 'spawn' || effect.instance !== 'one.1' || token === null) return;
    driver.handle({ kind: 'run-spawned', token, pid: null, shimPid: 1 });
    driver.handle({ kind: 'end-asked', token, reason: 'hang', kill: true });
  });
  const killed = order.findIndex((line) => line.startsWith('kill-tree'));
  const started = order.indexOf('spawn @controller.1');
  deepEqual([killed > started, started >= 0, killed >= 0], [true, true, true], order.join(', '));
});
