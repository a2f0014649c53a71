import { expect, test } from 'vitest';
import { actionSpecs } from './action-specs.ts';

const vocabulary =
  'service.start service.stop service.restart service.scale service.drain service.reload ' +
  'process.signal process.kill process.renice config.apply config.rollback config.restore ' +
  'config.sync secret.reload deps.restore flag.set deploy.rollback port.reassign check.silence ' +
  'job.quarantine logs.rotate logs.rate_limit disk.reclaim db.terminate_sessions breaker.open ' +
  'resilience.set resolver.pin traffic.shed traffic.shift traffic.admit cert.renew ' +
  'bridge.reconnect bridge.resync exec http.call wait manual notify escalate codefix.propose';

const all = [...actionSpecs.values()];
const check = (wrong: (spec: (typeof all)[number]) => boolean) =>
  expect(all.filter(wrong).map(({ name }) => name)).toEqual([]);

test('the whole vocabulary is there, once', () => {
  expect([...actionSpecs.keys()]).toEqual(vocabulary.split(' '));
});
test('every parameter has a type that the loader knows', () =>
  check(({ params }) =>
    Object.values(params).some(
      ({ type }) => !['service', 'string', 'number', 'duration', 'boolean'].includes(type),
    ),
  ));
test('what ends sessions, runs scripts or calls out never has low risk', () =>
  check(
    ({ name, risk }) =>
      ['db.terminate_sessions', 'exec', 'http.call'].includes(name) && risk === 'low',
  ));
test('every action says in a line what it does', () =>
  check(({ summary }) => summary.length < 10 || summary.length > 90 || summary.endsWith('.')));
