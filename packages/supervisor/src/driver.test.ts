/** The order in which effects reach the world. */
import { deepEqual } from 'node:assert/strict';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import { createState } from '@fettle/core/supervise/step';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { test } from 'vitest';
import { controllerService } from './controller-service.ts';
import { createDriver, type Driver } from './driver.ts';

const paths = statePaths('/tmp/nowhere');
const plain = { ...controllerService(paths, 'main.js'), port: null };
const service = (name: string) => ({ ...plain, name });

/** Names of the instances in order of their spawn; `also` sees each effect first. */
function spawnsOf(also: (effect: SuperviseEffect, driver: Driver) => void = () => {}): string[] {
  const state = createState({
    stateDir: paths.stateDir,
    internal: [plain],
    fettleUrl: 'http://127.0.0.1:7700',
  });
  const order: string[] = [];
  const driver: Driver = createDriver(state, (effect) => {
    also(effect, driver);
    if (effect.kind === 'spawn' || effect.kind === 'kill-tree')
      order.push(`${effect.kind} ${effect.kind === 'spawn' ? effect.instance : effect.token}`);
  });
  const stack = {
    name: 'test',
    dir: '/tmp',
    files: [],
    configModifiedAtMs: 0,
    services: [service('one'), service('two')],
    reservedPorts: [],
  };
  driver.handle({ kind: 'daemon-started', epoch: 'e', stack, entries: [], survivors: [] });
  driver.stop();
  return order;
}

test('services are started before the controller that would take their cores', () => {
  deepEqual(spawnsOf(), ['spawn one.1', 'spawn two.1', 'spawn @controller.1']);
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
