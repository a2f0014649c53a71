import { test } from 'vitest';
import { goldenNowMs as now } from './causes/golden.contract.ts';
import { check, failing, onPort, running, unready } from './explain.contract.ts';

test('continued after a stop from outside', () =>
  check(running, { continuedAtMs: now - 5_000 }, [
    'continued',
    'had been stopped from outside (SIGSTOP); Fettle continued it 5s ago',
  ]));
test('flapping checks', () =>
  check(running, { flapping: true }, ['flapping', 'its checks flap: up and down again and again']));
test('an HTTP status with its body', () =>
  check(unready, failing('HTTP 503: {"db":"down"}'), [
    'check-http-status',
    'check health answers HTTP 503: {"db":"down"}',
  ]));
test('no answer while it burns a core', () =>
  check(unready, { ...failing('no answer in 2s'), cpuRatio: 0.99 }, [
    'check-no-answer',
    'no longer gives an answer to check health, 3 in a row while it burns a whole core (busy loop?)',
  ]));
test('listens on another port than it was given', () =>
  check(
    { ...unready, ...onPort(8001) },
    {
      ...failing('ECONNREFUSED 127.0.0.1:8001', { everUp: false }),
      liveLines: ['Server listening on http://localhost:3000'],
    },
    ['listens-elsewhere', 'listens on 3000 but was given 8001: it does not honour PORT'],
  ));
test('the prober saw where it listens instead', () =>
  check(unready, failing('listens on 3000, not on the 8001 it was given'), [
    'listens-elsewhere',
    'listens on 3000 but was given 8001: it does not honour PORT',
  ]));
test('another process answers in its place', () =>
  check(
    { ...unready, ...onPort(8000) },
    failing('HTTP 200', {
      result: { ok: false, durationMs: 1, detail: 'HTTP 200', attested: false },
    }),
    ['foreign-answer', 'port 8000 is answered by pid 4121 (node server.js, not ours) in its place'],
  ));
test('never opened its port', () =>
  check(
    { ...unready, ...onPort(8001) },
    failing('ECONNREFUSED 127.0.0.1:8001', { everUp: false }),
    ['never-listened', 'does not listen on port 8001, 1m after its start'],
  ));
test('runs but no longer listens', () =>
  check({ ...unready, ...onPort(8001) }, failing('ECONNREFUSED 127.0.0.1:8001'), [
    'stopped-listening',
    'runs, but no longer listens on port 8001',
  ]));
test('a heartbeat that is late', () =>
  check(unready, failing('no heartbeat for 34s'), [
    'heartbeat-late',
    'no heartbeat: no heartbeat for 34s',
  ]));
test('any other failing check', () =>
  check(unready, failing('exit 3'), ['check-fails', 'check health fails: exit 3 (3 in a row)']));
test('right after its start a check that is not up yet is no fault', () =>
  check(
    { ...unready, ...onPort(8001), state: 'starting', startedAtMs: now - 400 },
    failing('ECONNREFUSED 127.0.0.1:8001', { everUp: false }),
    ['starting', 'is starting for 400ms; check health: ECONNREFUSED 127.0.0.1:8001'],
  ));
test('starting, nothing known yet', () =>
  check({ ...unready, state: 'starting', startedAtMs: now - 4_000 }, {}, [
    'starting',
    'is starting for 4s; its checks have not answered yet',
  ]));
test('a hang that we killed', () =>
  check(
    { lastExit: { kind: 'signal', code: 137, posixSignal: 'SIGKILL', endedBy: 'hang', atMs: now } },
    { hangVerdict: 'busy loop: 99 % of a core in pid 41 (node)' },
    [
      'hang',
      'killed by Fettle because it hung: its check gave no answer; busy loop: 99 % of a core in pid 41 (node)',
    ],
  ));
const killed = { kind: 'signal', code: 137, posixSignal: 'SIGKILL', atMs: now } as const;
test('killed by the kernel at the limit of its control group', () =>
  check(
    {
      lastExit: { ...killed, endedBy: null, outOfMemory: true },
      limits: [{ limit: 'memory', value: 512 * 1_048_576, by: 'cgroup v2', why: null }],
    },
    {},
    ['memory-limit-kill', 'killed by the kernel: it went over its memory limit of 512 MB'],
  ));
test('it ended because one of its processes was killed for memory', () =>
  check(
    {
      lastExit: {
        kind: 'code',
        code: 1,
        posixSignal: null,
        atMs: now,
        endedBy: null,
        outOfMemory: true,
      },
    },
    {},
    [
      'memory-limit-kill',
      'ended after the kernel killed one of its processes: over its memory limit',
    ],
  ));
test('over its limit of processes', () =>
  check({ lastExit: { ...killed, endedBy: 'process-limit' } }, {}, [
    'process-limit',
    'ended by Fettle because it had more processes and threads than its limit',
  ]));
test('over its memory limit', () =>
  check(
    {
      lastExit: {
        kind: 'signal',
        code: 137,
        posixSignal: 'SIGKILL',
        endedBy: 'memory-limit',
        atMs: now,
      },
    },
    {},
    ['memory-limit', 'ended by Fettle because it went over its memory limit'],
  ));
