import { expect, test } from 'vitest';
import { goldenInput, goldenNowMs as now } from './causes/golden.contract.ts';
import {
  check,
  db,
  ended,
  onPort,
  owner,
  refusedLog,
  running,
  unready,
} from './explain.contract.ts';
import { explain } from './explain.ts';

test('a healthy service needs no words', () => check(running, {}, null));
test('a job that is done needs no words', () =>
  check({ ...running, state: 'done', ready: false }, {}, null));
test('a refused address is named with the service that should listen there', () =>
  check({}, { lastRunLines: refusedLog, dependencies: [db] }, [
    'refused-dependency',
    'connection to 127.0.0.1:5432 refused: that is db, which is crash-loop (the disk is full)',
  ]));
test('a refused address that is healthy by now is said so', () =>
  check({}, { lastRunLines: refusedLog, dependencies: [{ ...db, state: 'ok', why: null }] }, [
    'refused-dependency',
    'connection to 127.0.0.1:5432 refused: that is db, which is ok by now',
  ]));
test('a refusal without an address names the only dependency that is down', () =>
  check(
    {},
    {
      lastRunLines: ['ConnectionRefusedError: [Errno 111] Connection refused'],
      dependencies: [db],
    },
    [
      'refused-unnamed',
      'a connection was refused, probably by db at 127.0.0.1:5432, which is crash-loop',
    ],
  ));
test('a container that somebody else stopped is said so, whatever it exited with', () =>
  check(
    { lastExit: { ...ended(null, 0).lastExit, note: 'stopped-elsewhere' } },
    { lastRunLines: refusedLog },
    ['engine', 'stopped through the engine, not by Fettle (exit 0)'],
  ));
test('a crash loop says how often and when next', () =>
  check(
    { state: 'crash-loop', nextStartAtMs: now + 12_000, restarts: 5 },
    {
      lastRunLines: refusedLog,
      exits: [1, 2, 3, 4, 5].map((n) => ({
        atMs: now - n * 5_000,
        code: 1,
        posixSignal: null,
        ranMs: 100,
      })),
    },
    [
      'refused-dependency',
      'connection to 127.0.0.1:5432 refused: nothing listens there; 5 times in 60s, next try in 12s',
    ],
  ));
test('a change right before the trouble is named', () =>
  check(
    {},
    {
      lastRunLines: refusedLog,
      recentChanges: [{ atMs: now - 13_000, text: 'config of api changed' }],
    },
    [
      'refused-dependency',
      'connection to 127.0.0.1:5432 refused: nothing listens there; began 12s after config of api changed',
    ],
  ));
test('the last error beats an earlier one that repeats in normal operation', () =>
  check(
    {},
    {
      lastRunLines: [
        ...Array.from(
          { length: 30 },
          (_x, n) => `cache: connect ECONNREFUSED 127.0.0.1:${6379}, serving without (${n})`,
        ),
        ...Array.from({ length: 20 }, (_x, n) => `GET /orders 200 ${n} ms`),
        'Error: ENOSPC: no space left on device, write',
      ],
    },
    ['disk-full', 'the disk is full'],
  ));
test('a kill from outside is not blamed on an old log line', () =>
  check(ended('SIGKILL', 137), { lastRunLines: refusedLog }, [
    'killed-from-outside',
    'killed by SIGKILL, not by Fettle',
  ]));
test("the kernel's killer is named with the size", () =>
  check(
    ended('SIGKILL', 137),
    {
      oomKillLine:
        'Out of memory: Killed process 99 (python3) total-vm:9kB, anon-rss:524288kB, file-rss:0kB',
    },
    ['out-of-memory-kill', 'killed by the kernel at 512 MB: the machine had no memory left'],
  ));
test('a restarted run that said nothing yet is explained by the one before', () =>
  check({ state: 'starting', startedAtMs: now - 50 }, { lastRunLines: refusedLog }, [
    'refused-dependency',
    'connection to 127.0.0.1:5432 refused: nothing listens there',
  ]));
test('a service that came back says what had happened', () =>
  check({ ...running, ...ended('SIGKILL', 137), startedAtMs: now - 8_000 }, {}, [
    'restarted',
    'restarted 8s ago: killed by SIGKILL, not by Fettle',
  ]));
test('a restart by hand is no note', () =>
  check(
    {
      ...running,
      lastExit: {
        kind: 'signal',
        code: 143,
        posixSignal: 'SIGTERM',
        endedBy: 'operator-restart',
        atMs: now - 9_000,
      },
    },
    {},
    null,
  ));
test('a moved port is a note beside ok', () =>
  check(
    {
      ...running,
      port: {
        instance: 'api.1',
        port: 8001,
        host: '127.0.0.1',
        fallbackFrom: { port: 8000, owner },
      },
    },
    {},
    ['port-moved', '8000 is taken by pid 4121 (node server.js, not ours); api listens on 8001'],
  ));
test('a service that ignores PORT is told which port it was given', () =>
  check(
    onPort(8001),
    { lastRunLines: ['Error: listen EADDRINUSE: address already in use 127.0.0.1:8000'] },
    ['port-taken', 'port 8000 is taken by pid 4121 (node server.js, not ours); PORT said 8001'],
  ));
test('a port that may not move is told with its owner', () =>
  check(
    { lastExit: null, lastToken: null, state: 'waiting', portTrouble: { port: 8000, owner } },
    {},
    [
      'port-refused',
      'port 8000 is taken by pid 4121 (node server.js, not ours), and no other is allowed',
    ],
  ));
test('waiting names what it waits for, and why that is late', () =>
  check(
    {
      state: 'waiting',
      lastExit: null,
      waitingFor: [{ service: 'db', condition: 'service_healthy' }],
    },
    { dependencies: [db] },
    ['waiting-for-dependency', 'waits for db to be healthy; db: the disk is full'],
  ));
test('waiting for nothing in particular', () =>
  check({ state: 'waiting', lastExit: null, sinceMs: now - 2_000 }, {}, [
    'waiting-to-start',
    'waits for its turn to start (2s)',
  ]));
test('fine itself, but its dependency is not', () =>
  check(running, { dependencies: [db] }, [
    'affected-by-dependency',
    'needs db, which is crash-loop; the disk is full',
  ]));
test('an optional dependency that is down', () =>
  check({ ...running, missingOptional: ['cache'] }, {}, [
    'optional-missing',
    'works without cache, which is optional and down',
  ]));
test('stopped by the operator', () =>
  check(
    {
      state: 'stopped',
      lastExit: { kind: 'code', code: 0, posixSignal: null, endedBy: 'operator-stop', atMs: now },
      sinceMs: now - 180_000,
    },
    {},
    ['stopped-by-operator', 'stopped by you, through Fettle, 3m ago'],
  ));
test('is being stopped', () =>
  check({ state: 'stopping', sinceMs: now - 4_000 }, {}, [
    'stopped-by-operator',
    'is being stopped (4s)',
  ]));
test('a config newer than the process', () =>
  check(running, { configModifiedAtMs: now - 30_000 }, [
    'config-newer',
    'the config was changed 30s ago and is newer than this process; fettle up applies it',
  ]));
test('a run that follows many crashes is explained by them until it has lived a while', () =>
  check(
    { ...running, ...ended(null, 1), restarts: 3, startReason: 'crash', startedAtMs: now - 500 },
    { lastRunLines: refusedLog, liveLines: ['connecting'] },
    ['refused-dependency', 'connection to 127.0.0.1:5432 refused: nothing listens there'],
  ));
test('who waits for one that waits quotes nobody', () =>
  check(
    {
      state: 'waiting',
      lastExit: null,
      waitingFor: [{ service: 'db', condition: 'service_started' }],
    },
    { dependencies: [{ ...db, why: 'waits for disk to be healthy' }] },
    ['waiting-for-dependency', 'waits for db to start'],
  ));
test('ended by us and about to come back', () =>
  check(
    {
      lastExit: {
        kind: 'signal',
        code: 143,
        posixSignal: 'SIGTERM',
        endedBy: 'config-changed',
        atMs: now,
      },
    },
    {},
    ['restarting', 'ended by Fettle (config changed) and about to start again'],
  ));
test('an exit that nobody saw', () =>
  check(
    {
      state: 'failed',
      lastExit: { kind: 'unknown', code: null, posixSignal: null, endedBy: null, atMs: now },
    },
    {},
    ['exit-unknown', 'ended while nobody watched; how is not known'],
  ));
test('a program that cannot be spawned', () =>
  check({ lastExit: null, spawnError: { code: 'EMFILE', message: 'spawn EMFILE' } }, {}, [
    'spawn-failed',
    'could not be started: spawn EMFILE',
  ]));
test('a restart that could not start is told by why it could not', () =>
  check(
    {
      state: 'failed',
      lastExit: {
        kind: 'signal',
        code: 143,
        posixSignal: 'SIGTERM',
        endedBy: 'operator-restart',
        atMs: now,
      },
      spawnError: { code: 'ENOTDIR', message: 'the folder /srv/api is not there' },
    },
    {},
    ['spawn-failed', 'could not be started: the folder /srv/api is not there'],
  ));
test('success again and again looks like a job', () =>
  check(
    { lastExit: { kind: 'code', code: 0, posixSignal: null, endedBy: null, atMs: now } },
    {
      exits: [2, 1].map((n) => ({ atMs: now - n * 1_000, code: 0, posixSignal: null, ranMs: 200 })),
    },
    [
      'exits-zero',
      'ends with success (exit 0) after 200ms again and again: a job? then give it restart: "no"; 2 times in 60s',
    ],
  ));
test('evidence names the run and the exit', () => {
  const why = explain(goldenInput({ lastRunLines: refusedLog, dependencies: [db] }));
  expect(why?.evidence.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    'log: Error: connect ECONNREFUSED 127.0.0.1:5432 (run e1-7)',
    'dependency: db is crash-loop: the disk is full',
    'exit: exit 1 after 2000 ms (run e1-7)',
  ]);
  expect(why?.next).toEqual(['fettle why db', 'fettle logs api -n 50']);
});
test('an edit that is not applied yet is named in trouble', () =>
  check({}, { lastRunLines: refusedLog, configModifiedAtMs: now - 500 }, [
    'refused-dependency',
    'connection to 127.0.0.1:5432 refused: nothing listens there; the config was edited since: fettle up',
  ]));

const own = { ...owner, pid: 99, kind: 'ours', instance: 'api.1' } as const;
const inUse = ['Error: listen EADDRINUSE: address already in use 127.0.0.1:8000'];
test('a port that its own process holds is not said to be taken by another', () => {
  check(unready, { liveLines: inUse, portOwners: [{ port: 8000, owner: own }] }, [
    'port-taken',
    'port 8000 is held by its own pid 99 (node server.js): it listens there twice',
  ]);
  const crashed = { ...ended(null, 1), state: 'backing-off', ready: false } as const;
  check(crashed, { lastRunLines: inUse, portOwners: [{ port: 8000, owner: own }] }, [
    'port-taken',
    'port 8000 was taken when it started; its own next run holds it now (pid 99)',
  ]);
});
