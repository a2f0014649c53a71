import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'vitest';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { CheckStatus, ServiceStatus, State } from '@fettle/sdk/api/status';
import { aService, aStack, aView } from './controller.kit.ts';
import { assembleStatus, summaryOf, type StatusFacts } from './status.ts';

const nowMs = 1_700_000_100_000;
const exit = {
  kind: 'code',
  code: 1,
  posixSignal: null,
  endedBy: null,
  atMs: nowMs - 500,
} as const;
const needs = (service: string, required = true): Partial<Service> => ({
  dependsOn: [{ service, condition: 'service_started', required, restart: false }],
});
const aCheck = (fields: Partial<CheckStatus>): CheckStatus => ({
  name: 'health',
  kind: 'http',
  role: 'both',
  up: true,
  flapping: false,
  silenced: false,
  required: true,
  attested: true,
  lastDetail: 'HTTP 503',
  lastDurationMs: 1,
  lastAt: null,
  ...fields,
});
function assemble(
  services: readonly Service[],
  views: readonly InstanceView[],
  over: Partial<StatusFacts> = {},
) {
  return assembleStatus({
    stack: aStack(services),
    dir: '/x',
    views,
    checks: () => [],
    marks: () => [],
    healing: () => false,
    figures: () => null,
    why: () => null,
    configChanged: null,
    before: new Map(),
    daemon: {
      supervisorPid: 1,
      controllerPid: 2,
      supervisorConnected: true,
      version: '0',
      url: '',
    },
    nowMs,
    ...over,
  });
}
const one = (
  view: Partial<InstanceView>,
  over: Partial<StatusFacts> = {},
  fields: Partial<Service> = {},
): ServiceStatus => {
  const { document } = assemble([aService('api', fields)], [aView('api', view)], over);
  const [service] = document.services;
  if (service === undefined) throw new RangeError('no service');
  return service;
};
const check = (view: Partial<InstanceView>, state: State, over: Partial<StatusFacts> = {}) =>
  equal(one(view, over).state, state);
const words = (services: readonly Service[], views: readonly InstanceView[]) =>
  assemble(services, views).document.services.map(({ state }) => state);

test('a running, ready instance is ok', () => check({}, 'ok'));
test('one that is not ready yet is starting', () => check({ ready: false }, 'starting'));
test('one that waits for a dependency is starting, and says for what', () => {
  const service = one({
    state: 'waiting',
    pid: null,
    ready: false,
    waitingFor: [{ service: 'db', condition: 'service_healthy' }],
  });
  deepEqual([service.state, service.why], ['starting', 'waits for db (service_healthy)']);
});
test('one that waits for a port that somebody holds is failing', () =>
  check(
    {
      state: 'waiting',
      portTrouble: {
        port: 1,
        owner: { pid: 1, command: 'x', kind: 'foreign', instance: null, runningForMs: 1 },
      },
    },
    'failing',
  ));
test('one that crashed and waits is failing', () => {
  const service = one({ state: 'backing-off', pid: null, lastExit: exit, restarts: 1 });
  deepEqual([service.state, service.why, service.pid], ['failing', 'last end: exit 1', null]);
});
test('one that is restarted on purpose is starting', () =>
  check({ state: 'backing-off', lastExit: { ...exit, endedBy: 'config-changed' } }, 'starting'));
test('one that hung is failing until it runs again', () =>
  check({ state: 'backing-off', lastExit: { ...exit, endedBy: 'hang' } }, 'failing'));
test('a crash loop is a state of its own, never ok', () =>
  check({ state: 'crash-loop', pid: null }, 'crash-loop'));
test('a run after repeated crashes must settle before it is ok', () => {
  const view = {
    restarts: 3,
    startReason: 'crash',
    lastExit: exit,
    startedAtMs: nowMs - 400,
  } as const;
  check(view, 'failing');
  check({ ...view, startedAtMs: nowMs - 2_500 }, 'ok');
  equal(assemble([aService('api')], [aView('api', view)]).reviewAtMs, nowMs + 1_600);
});
test('the first restart after a kill is ok at once', () =>
  check({ restarts: 1, startReason: 'crash', lastExit: exit, startedAtMs: nowMs - 100 }, 'ok'));
test('stopped, done and failed are told as such', () => {
  check({ state: 'stopped', pid: null }, 'stopped');
  check({ state: 'done', pid: null }, 'done');
  check({ state: 'failed', pid: null }, 'failing');
});
test('a spawn that failed gives the reason', () =>
  equal(
    one({ state: 'failed', spawnError: { code: 'ENOENT', message: 'no such file' } }).why,
    'cannot be started: no such file',
  ));
test('a silenced check decides nothing: the service is ok, and whoever needs it is not held up', () => {
  const silenced = aCheck({ up: false, silenced: true });
  const checks = (instance: string) => (instance === 'api.1' ? [silenced] : []);
  const services = [aService('api'), aService('web', needs('api'))];
  const { document } = assemble(services, [aView('api'), aView('web')], { checks });
  deepEqual(
    document.services.map(({ state, why }) => [state, why]),
    [
      ['ok', null],
      ['ok', null],
    ],
  );
  check({}, 'failing', { checks: () => [silenced, aCheck({ name: 'alive', up: false })] });
  check({ state: 'external' }, 'ok', { checks: () => [silenced] });
});
test('a required check that is down is failing', () => {
  const service = one({}, { checks: () => [aCheck({ up: false })] });
  deepEqual([service.state, service.why], ['failing', 'check health fails: HTTP 503']);
});
test('an optional check that is down degrades', () =>
  check({}, 'degraded', { checks: () => [aCheck({ up: false, required: false })] }));
test('a flapping check degrades', () =>
  check({}, 'degraded', { checks: () => [aCheck({ flapping: true })] }));
test('a hang that is being mended is healing', () => check({}, 'healing', { healing: () => true }));
test('an external service is what its checks say', () => {
  const view = { state: 'external', pid: null, ready: true } as const;
  check(view, 'unknown');
  check(view, 'ok', { checks: () => [aCheck({})] });
  check(view, 'failing', { checks: () => [aCheck({ up: false })] });
});
test('a service without a view is unknown', () =>
  deepEqual(words([aService('api')], []), ['unknown']));
test('one of two instances down degrades, both down fails', () => {
  const second = aView('api', { instance: 'api.2', replica: 2, state: 'crash-loop' });
  deepEqual(words([aService('api')], [aView('api'), second]), ['degraded']);
  deepEqual(
    words([aService('api')], [aView('api', { state: 'backing-off', lastExit: exit }), second]),
    ['crash-loop'],
  );
});
test('what needs a failing service is affected, over a whole chain', () => {
  const services = [aService('web', needs('api')), aService('api', needs('db')), aService('db')];
  const views = [aView('web'), aView('api'), aView('db', { state: 'crash-loop' })];
  deepEqual(words(services, views), ['affected', 'affected', 'crash-loop']);
  equal(assemble(services, views).document.services[0]?.why, 'api is affected');
});
test('what fails by itself stays failing beside a failing dependency', () =>
  deepEqual(
    words(
      [aService('api', needs('db')), aService('db')],
      [
        aView('api', { state: 'backing-off', lastExit: exit }),
        aView('db', { state: 'crash-loop' }),
      ],
    ),
    ['failing', 'crash-loop'],
  ));
test('a readiness check that fails beside a failing dependency is affected', () => {
  const { document } = assemble(
    [aService('api', needs('db')), aService('db')],
    [aView('api'), aView('db', { state: 'crash-loop' })],
    {
      checks: (id) => (id === 'api.1' ? [aCheck({ up: false, role: 'readiness' })] : []),
    },
  );
  equal(document.services[0]?.state, 'affected');
});
test('a failing optional dependency degrades', () =>
  deepEqual(
    words(
      [aService('api', needs('db', false)), aService('db', { required: false })],
      [aView('api'), aView('db', { state: 'crash-loop' })],
    ),
    ['degraded', 'crash-loop'],
  ));
test('a cycle that slipped through ends the walk', () =>
  deepEqual(
    words([aService('a', needs('b')), aService('b', needs('a'))], [aView('a'), aView('b')]),
    ['ok', 'ok'],
  ));
const health = (required: boolean) =>
  assemble(
    [aService('a'), aService('b', { required })],
    [aView('a'), aView('b', { state: 'crash-loop' })],
  ).document.health;
test('the stack is unhealthy for a required service, degraded for an optional one', () => {
  deepEqual([health(true), health(false)], ['unhealthy', 'degraded']);
});
const before = (state: State) => new Map([['api', { state, sinceMs: 5 }]]);
test('since is not older than the first start: the stack was down in between', () => {
  const fields = { startReason: 'first-start', startedAtMs: 7 } as const;
  equal(one(fields, { before: before('ok') }).since, new Date(7).toISOString());
  const crashed = { ...fields, startReason: 'crash' } as const;
  equal(one(crashed, { before: before('ok') }).since, new Date(5).toISOString());
});
test('since begins anew with a new word only', () => {
  equal(one({ startedAtMs: 1 }, { before: before('ok') }).since, new Date(5).toISOString());
  equal(one({}, { before: before('failing') }).since, new Date(nowMs).toISOString());
});
const figures = (id: string) => (id === 'api.2' ? { memoryBytes: 5, cpuRatio: 0.5 } : null);
test('figures add up over instances, and what is unknown is null', () => {
  const { document } = assemble(
    [aService('api')],
    [aView('api'), aView('api', { instance: 'api.2', replica: 2 })],
    { figures },
  );
  deepEqual([document.services[0]?.memoryBytes, document.services[0]?.cpuRatio], [5, 0.5]);
  equal(one({}).memoryBytes, null);
});
test('an edited config shows on what runs, and once for the stack', () => {
  const configChanged = { file: '/srv/fettle.yaml', at: new Date(nowMs).toISOString() };
  const { document } = assemble([aService('api')], [aView('api')], { configChanged });
  deepEqual([document.configChanged, document.services[0]?.why], [configChanged, null]);
  equal(one({}, { configChanged }).configNewerThanProcess, true);
  equal(one({ pid: null, state: 'stopped' }, { configChanged }).configNewerThanProcess, false);
});
test('dependants are the reverse of depends_on', () => {
  const { document } = assemble(
    [aService('api', needs('db')), aService('db')],
    [aView('api'), aView('db')],
  );
  deepEqual(
    document.services.map(({ dependants }) => dependants),
    [[], ['api']],
  );
});
test('the summary counts, worst first', () => {
  equal(summaryOf(['ok', 'failing', 'ok', 'affected'], true), '1 failing, 1 affected, 2 ok');
  equal(summaryOf([], true), 'no services');
  equal(summaryOf(['ok'], false), '1 ok (as last seen: the supervisor is away)');
});
