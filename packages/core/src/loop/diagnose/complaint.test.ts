/** The words of many runtimes and servers, and lines that complain of nothing. */
import { expect, test } from 'vitest';
import { complaintsOf } from './complaint.ts';
import type { ComplaintKind } from './complaint-kinds.ts';
import { kindsOf } from './complaint-words.ts';
import { explained, of, says } from './situation.kit.ts';
import { nowMs, stackOf } from './situation-stack.kit.ts';

const said: Readonly<Partial<Record<ComplaintKind, readonly string[]>>> = {
  refused: [
    'connect ECONNREFUSED 127.0.0.1:5432',
    '[Errno 111] Connection refused',
    'dial tcp 127.0.0.1:5: connect: connection refused',
    'java.net.ConnectException: Connection refused',
    'Errno::ECONNREFUSED: Connection refused - connect(2) for 127.0.0.1:5',
    'error trying to connect: tcp connect error: Connection refused (os error 111)',
  ],
  timeout: [
    'query timed out after 1000ms',
    'socket.timeout: timed out',
    'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'java.net.SocketTimeoutException: Read timed out',
    'The operation was aborted due to timeout',
    'Net::ReadTimeout with #<TCPSocket:(closed)>',
  ],
  'connect-timeout': [
    'connect ETIMEDOUT 10.0.0.1:80',
    '[Errno 110] Connection timed out: 10.0.0.1:80',
  ],
  reset: [
    'read ECONNRESET',
    '[Errno 104] Connection reset by peer',
    'connection closed by server',
    'read tcp 1.1.1.1:3->2.2.2.2:5: read: connection reset by peer',
    'EOFError: end of file reached',
  ],
  dns: [
    'getaddrinfo EAI_AGAIN a.b',
    'dial tcp: lookup a.b: no such host',
    '[Errno -2] Name or service not known',
  ],
  auth: [
    'WRONGPASS invalid username-password pair or user is disabled.',
    'FATAL: password authentication failed for user "x"',
    "Access denied for user 'x'@'localhost' (using password: YES)",
  ],
  'pool-wait': [
    'timed out after 600ms waiting for a free connection (max 4)',
    'QueuePool limit of size 5 overflow 0 reached, connection timed out, timeout 30',
    'HikariPool-1 - Connection is not available, request timed out after 30000ms.',
  ],
  'too-many-clients': ['sorry, too many clients already', 'ERR max number of clients reached'],
  'disk-full': ['ENOSPC: no space left on device, write', '[Errno 28] No space left on device'],
  'read-only': ["EROFS: read-only file system, open '/x'", 'Read-only file system (os error 30)'],
  module: [
    "Cannot find module 'x'",
    "No module named 'x'",
    'cannot load such file -- x (LoadError)',
  ],
  environment: [
    'missing required environment variable REGION',
    'TENANT must be set',
    'configuration: required variable SHARD is missing',
    'key not found: "API_KEY" (KeyError)',
  ],
  config: [
    'cannot parse /etc/app.json: Unexpected end of JSON input',
    'could not load settings from app.toml: expected a value',
    'yaml: line 3: did not find expected key',
  ],
  files: ['accept: too many open files', 'OSError: [Errno 24] Too many open files'],
  'port-taken': [
    'listen EADDRINUSE: address already in use 127.0.0.1:80',
    '[Errno 98] Address already in use',
  ],
  version: ['config version mismatch: ours 3, peer 4', 'peer has config version 4, we have 3'],
  'silent-peer': [
    'no pong for 3000 ms',
    'peer silent for 6s',
    'heartbeat overdue: last pong 6s ago',
  ],
  'exec-missing': ['spawnSync pwsh-7 ENOENT', 'sh: 1: wine64: not found'],
  'tls-expired': ['certificate has expired', 'x509: certificate has expired or is not yet valid'],
  garbled: ['protocol error: unexpected reply type byte 0x3e'],
};
const rows = Object.entries(said).flatMap(([kind, lines]) => lines.map((line) => [kind, line]));

test.each(rows)('%s: %s', (kind, line) => {
  expect(kindsOf(line)).toContain(kind);
});

test.each([
  'INFO:     127.0.0.1:51234 - "GET /orders/timeout HTTP/1.1" 200',
  'connected to database',
  'pool size 10, timeout 500ms configured',
  'retention job finished',
  'cache warmed, 0 errors',
  'heartbeat ok',
  'using certificate /x.pem',
  'worker 3 ready (pid 12)',
  'environment: production',
  'lock acquired',
  'peer speaks v4',
  'max_connections=100',
])('nothing: %s', (line) => {
  expect(kindsOf(line)).toEqual([]);
});

test('waiting for its own pool or a lock is no time-out of somebody else', () => {
  expect(kindsOf('pool acquire timeout (800 ms)')).not.toContain('timeout');
  expect(kindsOf('Lock wait timeout exceeded')).not.toContain('timeout');
});

test('the address is told, and each address is a complaint of its own', () => {
  const story = stackOf({ api: { port: 1 } });
  says(story, 'api', 'connect ECONNREFUSED 127.0.0.1:5432', { times: 4 });
  says(story, 'api', 'connect ECONNREFUSED 127.0.0.1:6379');
  const found = complaintsOf(of(story, 'api'), nowMs - 60_000, nowMs);
  expect(found.map(({ kind, port }) => `${kind} ${port}`).toSorted()).toEqual([
    'refused 5432',
    'refused 6379',
  ]);
  expect(found.find(({ port }) => port === 5_432)?.count).toBeGreaterThanOrEqual(4);
});

test('what was always said is not new, what fell silent is over', () => {
  const story = stackOf({ api: { port: 1 } });
  says(story, 'api', 'cache: connection refused', { agoMs: 3_000_000, times: 300, everyMs: 9_900 });
  says(story, 'api', 'query timed out', { agoMs: 50_000 });
  says(story, 'api', 'certificate has expired', { agoMs: 1_000 });
  const found = complaintsOf(of(story, 'api'), nowMs - 60_000, nowMs);
  const byKind = new Map(found.map((one) => [one.kind, one]));
  expect(byKind.get('refused')?.isNew).toBe(false);
  expect(byKind.get('timeout')).toMatchObject({ isNew: true, isOver: true });
  expect(byKind.get('tls-expired')).toMatchObject({ isNew: true, isOver: false });
});

test('what why quotes of an earlier run is as old as it is', () => {
  const story = stackOf({ api: { port: 1 } });
  const line = 'CURRENCY must be set';
  explained(story, 'api', 'restarted', { agoMs: 90_000, line });
  const api = of(story, 'api');
  api.whys.push({ atMs: nowMs - 2_000, why: api.whys[0]!.why });
  expect(complaintsOf(api, nowMs - 60_000, nowMs)).toEqual([]);
  expect(complaintsOf(api, nowMs - 100_000, nowMs)).toHaveLength(1);
});
