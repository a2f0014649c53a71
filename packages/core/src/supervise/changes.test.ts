import { expect, test } from 'vitest';
import type { Service } from '../stack/service.ts';
import { compareServices } from './changes.ts';
import { needs, portAt, serviceOf } from './stage.ts';

const check = (before: Partial<Service>, after: Partial<Service>, expected: string) => {
  const { change, why } = compareServices(serviceOf('x', before), serviceOf('x', after));
  expect(`${change}: ${why}`).toBe(expected);
};

test('nothing changed', () => check({}, {}, 'unchanged: '));
test('a moved line in the file is no change', () =>
  check({}, { place: { file: 'other', line: 9, column: 1 } }, 'unchanged: '));
test('the command', () => check({}, { command: ['new'] }, 'restarted: command changed'));
test('the working folder in the words of the file', () =>
  check({}, { workingDir: '/new' }, 'restarted: working_dir changed'));
test('variables that came, went and changed', () =>
  check(
    { environment: { A: '1', B: '1' } },
    { environment: { A: '2', C: '1' } },
    'restarted: environment A changed, environment C added, environment B removed',
  ));
test('many reasons are counted', () =>
  check(
    { environment: { A: '1', B: '1', C: '1', D: '1', E: '1', F: '1' } },
    {},
    'restarted: environment A removed, environment B removed, environment C removed, environment D removed and 2 more',
  ));
test('a limit', () =>
  check(
    {},
    { limits: { memoryBytes: 5, cpus: null, openFiles: null, processes: null } },
    'restarted: limit memory changed',
  ));
test('a new dependency is a new variable', () =>
  check({}, { dependsOn: [needs('db')] }, 'restarted: depends_on db added'));
test('a dependency that went', () =>
  check({ dependsOn: [needs('db')] }, {}, 'restarted: depends_on db removed'));
test('another condition is no reason to restart', () =>
  check(
    { dependsOn: [needs('db')] },
    { dependsOn: [needs('db', { condition: 'service_healthy' })] },
    'updated: depends_on changed',
  ));
test('the port', () => check({}, { port: portAt(1) }, 'restarted: port changed'));
