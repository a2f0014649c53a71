import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'vitest';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Notice } from '@fettle/core/supervise/effect';
import { aView } from './controller.kit.ts';
import { eventsOfNotice } from './notice-events.ts';

const atMs = 1_700_000_010_000;
const texts = (notice: Notice, before: InstanceView | null = null) =>
  eventsOfNotice(notice, before, atMs).map(({ kind, text }) => `${kind} ${text}`);
const changed = (view: InstanceView): Notice => ({ kind: 'instance-changed', view, cause: '' });
const exit = { kind: 'code', code: 1, posixSignal: null, endedBy: null, atMs } as const;

test('a start tells pid, port and reason', () =>
  deepEqual(
    texts(
      changed(
        aView('api', {
          port: { instance: 'api.1', port: 8000, host: '127.0.0.1', fallbackFrom: null },
        }),
      ),
    ),
    ['service.started api started (pid 4000, port 8000): first start'],
  ));
test('a start on another port tells who holds the first', () => {
  const owner = {
    pid: 7,
    command: 'node x.js',
    kind: 'foreign',
    instance: null,
    runningForMs: 1,
  } as const;
  const port = { instance: 'api.1', port: 8001, host: '', fallbackFrom: { port: 8000, owner } };
  match(
    texts(changed(aView('api', { port })))[0] ?? '',
    /; 8000 is taken by pid 7 \(node x\.js, not ours\)$/,
  );
});
test('a crash and the restart are two events, in that order', () => {
  const before = aView('api', { token: 'e1-1' });
  const after = aView('api', {
    token: 'e1-2',
    pid: 5,
    lastToken: 'e1-1',
    lastExit: { ...exit, atMs: before.sinceMs + 3_000 },
    startReason: 'crash',
  });
  deepEqual(texts(changed(after), before), [
    'service.ended api ended: exit 1 after 3.0s',
    'service.started api started (pid 5): after a crash',
  ]);
});
test('each run has one key, so that a replay doubles nothing', () => {
  const view = aView('api', { token: 'e1-2', lastToken: 'e1-1', lastExit: exit });
  deepEqual(
    eventsOfNotice(changed(view), null, atMs).map(({ key }) => key),
    ['ended:e1-1', 'started:e1-2'],
  );
});
test('becoming ready is told with the time it took', () => {
  const view = aView('api', { startedAtMs: atMs - 2_100 });
  deepEqual(texts(changed(view), { ...view, ready: false }), [
    'service.ready api is ready after 2.1s',
  ]);
});
test('a second replica is told by its own name', () =>
  match(
    texts(changed(aView('api', { instance: 'api.2', replica: 2 })))[0] ?? '',
    /api\.2 started/,
  ));
const severity = (endedBy: 'operator-stop' | null) =>
  eventsOfNotice(
    changed(aView('api', { token: null, lastToken: 't', lastExit: { ...exit, endedBy } })),
    null,
    atMs,
  )[0]?.severity;
test('an end by us is no error, a crash is', () => {
  deepEqual([severity('operator-stop'), severity(null)], ['info', 'error']);
});
test('a spawn that failed is told once', () => {
  const view = aView('api', {
    token: null,
    pid: null,
    spawnError: { code: 'ENOENT', message: 'no node' },
  });
  deepEqual(texts(changed(view)), ['service.spawn-failed api cannot be started: no node']);
  deepEqual(texts(changed(view), view), []);
});
test('the other notices read as sentences', () => {
  deepEqual(
    texts({
      kind: 'port-moved',
      service: 'api',
      instance: 'api.1',
      from: 1,
      to: 2,
      why: 'taken',
      dependants: ['web'],
    }),
    ['port.moved api moved from port 1 to 2: taken; told web'],
  );
  deepEqual(
    texts({
      kind: 'stack-changed',
      changes: [
        { service: 'a', change: 'restarted', why: 'command changed' },
        { service: 'b', change: 'unchanged', why: '' },
      ],
    }),
    ['stack.changed a restarted: command changed'],
  );
  deepEqual(texts({ kind: 'command-taken', command: 'down', services: [], actor: 'cli' }), [
    'command.taken cli asked to down the stack',
  ]);
  deepEqual(texts({ kind: 'continued', instance: 'api.1', token: 't' }), [
    'service.continued api.1 was stopped (state T) and continued',
  ]);
  equal(
    texts({ kind: 'instance-removed', instance: 'api.1' })[0],
    'service.removed api.1 was removed',
  );
});
