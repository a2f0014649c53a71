import { expect, test } from 'vitest';
import { actionOf, factsOf } from './planning.contract.ts';
import { restartsTheDead } from './restart-the-dead.ts';
import type { ServiceFacts } from './stack-facts.ts';

const dead: Partial<ServiceFacts> = { dead: true, deadInstances: ['api.1', 'api.2'] };
const half: Partial<ServiceFacts> = { dead: false, deadInstances: ['api.2'] };
const check = (action: string, facts: Partial<ServiceFacts>, expected: boolean, params = {}) =>
  expect(
    restartsTheDead({
      action: actionOf(action),
      params,
      targets: ['api'],
      facts: factsOf({ api: facts }),
    }),
  ).toBe(expected);

test('starting what is dead', () => check('service.start', dead, true));
test('starting its dead half', () => check('service.start', half, true));
test('starting what lives', () => check('service.start', {}, false));
test('restarting what is dead', () => check('service.restart', dead, true));
test('restarting all for a dead half ends the living half', () =>
  check('service.restart', half, false));
test('restarting just the dead half', () =>
  check('service.restart', half, true, { instance: 'api.2' }));
test('waking the stopped', () => check('process.signal', {}, true, { signal: 'CONT' }));
test('any other signal', () => check('process.signal', dead, false, { signal: 'KILL' }));
test('any other action', () => check('config.rollback', dead, false));
test('what is meant to be down', () => check('service.start', { ...dead, want: 'down' }, false));
test('nothing at all', () =>
  expect(
    restartsTheDead({
      action: actionOf('service.start'),
      params: {},
      targets: [],
      facts: factsOf({ api: dead }),
    }),
  ).toBe(false));
