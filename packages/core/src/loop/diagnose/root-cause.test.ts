/** What is one group and what is two, and who is its root. */
import { expect, test } from 'vitest';
import { groupSymptoms, type OpenGroup } from './root-cause.ts';
import {
  changed,
  checkDown,
  connects,
  ends,
  explained,
  gone,
  halted,
  says,
  series,
  shows,
} from './situation.kit.ts';
import { nowMs, stackOf, type ServiceSketch, type Story } from './situation-stack.kit.ts';

const shop: Readonly<Record<string, ServiceSketch>> = {
  store: { kind: 'database', port: 5_000 },
  cache: { port: 5_001 },
  orders: { port: 5_002, needs: ['store', '?cache'] },
  users: { port: 5_003, needs: ['store'] },
  front: { port: 5_004, needs: ['orders', 'users'] },
  mailer: { kind: 'worker' },
};

/** `root: members` of each group. */
function groupsOf({ picture, symptoms }: Story, open: readonly OpenGroup[] = []) {
  return groupSymptoms(picture, symptoms, nowMs, open).map(
    ({ rootCandidates, services }) =>
      `${rootCandidates[0]}: ${services.toSorted((a, b) => a.localeCompare(b)).join(' ')}`,
  );
}

test('a failing dependency explains those that need it, to the top', () => {
  const story = stackOf(shop);
  gone(story, 'store');
  for (const name of ['orders', 'users', 'front']) checkDown(story, name, 'HTTP 503');
  expect(groupsOf(story)).toEqual(['store: front orders store users']);
});

test('a caller may be seen a little before what it needs', () => {
  const story = stackOf(shop);
  checkDown(story, 'front', 'HTTP 502', { agoMs: 40_000 });
  gone(story, 'store', { agoMs: 5_000 });
  expect(groupsOf(story)).toEqual(['store: front store']);
});

test('a trouble that is much older than that of its dependency is its own', () => {
  const story = stackOf(shop);
  checkDown(story, 'orders', 'HTTP 500', { agoMs: 1_200_000 });
  gone(story, 'store', { agoMs: 5_000 });
  expect(groupsOf(story)).toEqual(['orders: orders', 'store: store']);
});

test('two faults that have nothing to do with each other are two', () => {
  const story = stackOf(shop);
  gone(story, 'store');
  checkDown(story, 'orders', 'HTTP 503');
  shows(story, 'mailer', 'stopped');
  halted(story, 'mailer');
  expect(groupsOf(story)).toEqual(['store: orders store', 'mailer: mailer']);
});

test('who depends on both stays with one, and the two stay two', () => {
  const story = stackOf(shop);
  halted(story, 'orders');
  shows(story, 'orders', 'stopped');
  ends(story, 'users', { signal: 'SIGKILL' });
  checkDown(story, 'front', 'HTTP 502');
  expect(groupsOf(story)).toHaveLength(2);
});

test('what is surely its own fault is not put on its dependency', () => {
  const story = stackOf(shop);
  gone(story, 'store');
  ends(story, 'users', { code: 1 });
  explained(story, 'users', 'missing-module');
  expect(groupsOf(story)).toEqual(['store: store', 'users: users']);
});

test('an optional dependency only degrades, unless the log names it', () => {
  const quiet = stackOf(shop);
  gone(quiet, 'cache');
  checkDown(quiet, 'orders', 'HTTP 500');
  expect(groupsOf(quiet)).toEqual(['cache: cache', 'orders: orders']);
  const named = stackOf(shop);
  gone(named, 'cache');
  checkDown(named, 'orders', 'HTTP 500');
  says(named, 'orders', 'connect ECONNREFUSED 127.0.0.1:5001', { times: 3 });
  expect(groupsOf(named)).toEqual(['cache: cache orders']);
});

test('a connection that was seen counts like one that was declared', () => {
  const story = stackOf({ hidden: { port: 1_000 }, caller: { port: 1_001 } });
  connects(story, 'caller', 'hidden');
  gone(story, 'hidden');
  checkDown(story, 'caller', 'HTTP 502');
  expect(groupsOf(story)).toEqual(['hidden: caller hidden']);
});

test('the cause may sit in what shows nothing: it is among the candidates', () => {
  const story = stackOf({ ...shop, store: { kind: 'database', port: 5_000, checks: [] } });
  checkDown(story, 'orders', 'HTTP 503');
  checkDown(story, 'users', 'HTTP 503');
  says(story, 'orders', 'query timeout 127.0.0.1:5000', { times: 3 });
  says(story, 'users', 'query timeout 127.0.0.1:5000', { times: 3 });
  const groups = groupSymptoms(story.picture, story.symptoms, nowMs);
  expect(groups).toHaveLength(1);
  expect(groups[0]?.rootCandidates).toContain('store');
});

test('all that complain of one full disk are one group', () => {
  const story = stackOf({ a: { port: 1 }, b: { port: 2 }, c: { port: 3 } });
  for (const name of ['a', 'b']) {
    checkDown(story, name, 'HTTP 500');
    says(story, name, 'ENOSPC: no space left on device', { times: 2 });
  }
  gone(story, 'c');
  shows(story, '@disk:/', 'disk');
  expect(groupsOf(story)).toEqual(['@disk:/: @disk:/ a b', 'c: c']);
});

test('all that got slow on a pressed machine are one group', () => {
  const story = stackOf({ a: { port: 1 }, b: { port: 2 } });
  shows(story, '@host', 'threshold', { agoMs: 30_000 });
  series(story, '@host', 'psi_cpu', () => 0.7);
  shows(story, 'a', 'anomaly', { agoMs: 20_000 });
  checkDown(story, 'b', 'no answer in 2s');
  expect(groupsOf(story)).toEqual(['@host: @host a b']);
});

test('one edited file that several read is one cause', () => {
  const story = stackOf({ a: { port: 1 }, b: { port: 2 } });
  changed(story, { agoMs: 20_000, path: '/srv/shared.env' });
  for (const name of ['a', 'b']) {
    ends(story, name, { code: 78 });
    says(story, name, 'REGION must be set', { times: 2 });
  }
  expect(groupsOf(story)).toHaveLength(1);
});

test('a file of one service is no cause of what another suffers', () => {
  const story = stackOf({ a: { port: 1 }, b: { port: 2 } });
  changed(story, { agoMs: 20_000, path: '/srv/a.json', service: 'a' });
  ends(story, 'a', { code: 78 });
  ends(story, 'b', { code: 1 });
  expect(groupsOf(story)).toHaveLength(2);
});

test('a circle of dependencies ends at its oldest member', () => {
  const story = stackOf({ a: { port: 1, needs: ['b'] }, b: { port: 2, needs: ['a'] } });
  checkDown(story, 'a', 'HTTP 500', { agoMs: 20_000 });
  checkDown(story, 'b', 'HTTP 500', { agoMs: 10_000 });
  expect(groupsOf(story)).toEqual(['a: a b']);
});

test('an open incident goes on in the group that has its root, and others are merged into it', () => {
  const story = stackOf(shop);
  gone(story, 'store');
  checkDown(story, 'orders', 'HTTP 503');
  checkDown(story, 'users', 'HTTP 503');
  const open = [
    { incidentId: 'INC-1', root: 'orders', services: ['orders'] },
    { incidentId: 'INC-2', root: 'users', services: ['users'] },
  ];
  const [group] = groupSymptoms(story.picture, story.symptoms, nowMs, open);
  expect(group).toMatchObject({ continues: 'INC-1', merges: ['INC-2'] });
});

test('what follows from an incident whose root shows nothing any more is still its own', () => {
  const story = stackOf(shop);
  checkDown(story, 'orders', 'HTTP 503', { agoMs: 4_000 });
  const open = [{ incidentId: 'INC-7', root: 'store', services: ['store'] }];
  const groups = groupSymptoms(story.picture, story.symptoms, nowMs, open);
  expect(groups.map(({ continues }) => continues)).toEqual(['INC-7']);
  expect(groups[0]?.rootCandidates[0]).toBe('store');
});

test('what our own act caused, and what is merely worth knowing, opens nothing', () => {
  const story = stackOf(shop);
  shows(story, 'orders', 'check-down');
  story.symptoms[0] = { ...story.symptoms[0]!, causedBy: 'run-3' };
  shows(story, 'users', 'template-new', { severity: 'info' });
  expect(groupsOf(story)).toEqual([]);
});

test('of two that are accused alike, the one with strange figures comes first', () => {
  const story = stackOf({ a: { port: 1 }, b: { port: 2 }, c: { port: 3, needs: ['a', 'b'] } });
  checkDown(story, 'c', 'HTTP 504', { agoMs: 60_000 });
  series(story, 'c', 'request_p95_ms', (ago) => (ago < 1.2 ? 900 : 40));
  series(story, 'a', 'probe_ms', () => 5);
  series(story, 'b', 'probe_ms', (ago) => (ago < 1.2 ? 400 : 5));
  const [group] = groupSymptoms(story.picture, story.symptoms, nowMs);
  expect(group?.rootCandidates.slice(0, 3)).toEqual(['c', 'b', 'a']);
});
