/** Texts as other runtimes and libraries print them; golden files hold what could be recorded. */
import { expect, test } from 'vitest';
import { explain } from '../explain.ts';
import { endedInput } from './golden.contract.ts';

const exit1 = { command: ['./app'], code: 1, posixSignal: null };
const check = (text: string, cause: string, sentence: string) => {
  const why = explain(endedInput(exit1, text.split('\n')));
  expect({ cause: why?.cause, sentence: why?.sentence }).toEqual({ cause, sentence });
};
const nothing = 'connection to 127.0.0.1:5432 refused: nothing listens there';

test.each([
  [
    'Go',
    'panic: dial tcp 127.0.0.1:5432: connect: connection refused\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/shop/main.go:9 +0x85\nexit status 2',
  ],
  [
    'psycopg',
    'psycopg.OperationalError: connection failed: connection to server at "127.0.0.1", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
  ],
  [
    'psycopg2 by name',
    'psycopg2.OperationalError: connection to server at "127.0.0.1" (127.0.0.1), port 5432 failed: Connection refused',
  ],
  [
    'redis-py',
    'redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:5432. Connection refused.',
  ],
  [
    'aiohttp',
    "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host 127.0.0.1:5432 ssl:default [Connect call failed ('127.0.0.1', 5432)]",
  ],
  [
    'reqwest',
    'Error: error sending request for url (http://127.0.0.1:5432/): tcp connect error: Connection refused (os error 111)',
  ],
  [
    'libpq tools',
    'psql: error: connection to server at "127.0.0.1", port 5432 failed: Connection refused',
  ],
])('a refused connection as %s prints it', (_who, text) =>
  check(text, 'refused-dependency', nothing),
);

test.each([
  ['Go', 'listen tcp 127.0.0.1:8000: bind: address already in use'],
  [
    'uvicorn',
    "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
  ],
  ['gunicorn', "[2026-11-21 11:00:00 +0000] [99] [ERROR] Connection in use: ('127.0.0.1', 8000)"],
  ['vite', 'Error: Port 8000 is already in use'],
  [
    'flask',
    'Address already in use\nPort 8000 is in use by another program. Either identify and stop that program, or start the server with a different port.',
  ],
  [
    'Rust',
    'thread \'main\' panicked at src/main.rs:9:5:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: "Address already in use" }',
  ],
])('a taken port as %s prints it', (_who, text) =>
  check(text, 'port-taken', 'port 8000 is taken by pid 4121 (node server.js, not ours)'),
);

test.each([
  [
    'psycopg2.OperationalError: FATAL:  password authentication failed for user "shop"',
    'authentication-failed',
    'login refused by the database: wrong password for user shop',
  ],
  [
    'FATAL:  role "shop" does not exist',
    'authentication-failed',
    'login refused by the database: there is no user shop',
  ],
  [
    'ReplyError: WRONGPASS invalid username-password pair or user is disabled.',
    'authentication-failed',
    'login refused by Redis: wrong user name or password',
  ],
  [
    'ReplyError: NOAUTH Authentication required.',
    'authentication-failed',
    'login refused by Redis: it wants a password and none was given',
  ],
  [
    'requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://a.example/',
    'authentication-failed',
    'refused with HTTP 403: the credential does not allow it',
  ],
  [
    'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "shop", database "shop"',
    'authentication-failed',
    'the database does not let user shop in from here (pg_hba.conf)',
  ],
  [
    'error: sorry, too many clients already',
    'too-many-clients',
    'the database takes no more connections (too many clients)',
  ],
  [
    'sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out',
    'too-many-clients',
    'its own pool of database connections is used up',
  ],
  [
    'error: database "shop" does not exist',
    'database-missing',
    'database shop does not exist on the server',
  ],
  [
    'error: relation "orders" does not exist',
    'table-missing',
    'table orders does not exist in the database: a migration has not run',
  ],
  [
    'error: column "sku" does not exist',
    'table-missing',
    'column sku does not exist in the database: a migration has not run',
  ],
  [
    'FATAL:  the database system is starting up',
    'database-starting',
    'the database answered that it is starting up',
  ],
  [
    'Error: SQLITE_BUSY: database is locked',
    'database-locked',
    'the SQLite database was locked by another connection',
  ],
])('%s', (text, cause, sentence) => check(text, cause, sentence));

test.each([
  [
    'Error: certificate has expired\n    code: "CERT_HAS_EXPIRED"',
    'tls-certificate',
    'the other side shows a TLS certificate that has expired',
  ],
  [
    'ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)',
    'tls-certificate',
    'the TLS certificate of the other side is not trusted (unknown issuer)',
  ],
  [
    "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames",
    'tls-certificate',
    'the TLS certificate of the other side is for another host name',
  ],
  [
    'Error: getaddrinfo EAI_AGAIN db',
    'unknown-host',
    'host name db cannot be resolved (the name server gave no answer)',
  ],
  [
    'dial tcp: lookup db on 127.0.0.53:53: no such host',
    'unknown-host',
    'host name db cannot be resolved',
  ],
  ['curl: (6) Could not resolve host: db', 'unknown-host', 'host name db cannot be resolved'],
  [
    'Error: connect ETIMEDOUT 10.0.0.9:5432',
    'connection-timeout',
    'no answer from 10.0.0.9:5432 in time',
  ],
  [
    'dial tcp 10.0.0.9:5432: i/o timeout',
    'connection-timeout',
    'no answer from 10.0.0.9:5432 in time',
  ],
  [
    'Error: read ECONNRESET',
    'connection-reset',
    'the other side broke the connection off (connection reset) and nobody caught it',
  ],
])('%s', (text, cause, sentence) => check(text, cause, sentence));

test.each([
  [
    "Error: EACCES: permission denied, open '/var/lib/shop/ledger.db'",
    'permission-denied',
    'permission denied for /var/lib/shop/ledger.db',
  ],
  [
    'Error: listen EACCES: permission denied 0.0.0.0:80',
    'permission-denied',
    'may not listen on port 80: ports below 1024 need a privilege',
  ],
  [
    "PermissionError: [Errno 13] Permission denied: '/etc/shop.key'",
    'permission-denied',
    'permission denied for /etc/shop.key',
  ],
  [
    "Error: ENOSPC: no space left on device, write '/srv/a.log'",
    'disk-full',
    'the disk is full (writing /srv/a.log)',
  ],
  [
    "Error: ENOSPC: System limit for number of file watchers reached, watch '/srv'",
    'disk-full',
    'the limit of file watchers is reached (fs.inotify.max_user_watches)',
  ],
  [
    'sqlite3.OperationalError: attempt to write a readonly database',
    'read-only-filesystem',
    'the SQLite database is read-only for it',
  ],
  [
    "RuntimeError: can't start new thread",
    'too-many-processes',
    'could not start another thread: its limit of threads and processes is reached',
  ],
  [
    'Error: spawn node EAGAIN',
    'too-many-processes',
    'could not start another process: its limit of processes is reached',
  ],
  [
    './app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory',
    'missing-shared-library',
    'shared library libpq.so.5 is not installed',
  ],
  [
    "./app: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./app)",
    'missing-shared-library',
    'a system library is too old: version GLIBC_2.38 is missing',
  ],
  [
    'Error: No such built-in module: node:sqlite',
    'runtime-too-old',
    'this Node is too old: it has no node:sqlite',
  ],
  [
    "error: unknown option '--prot'",
    'usage-error',
    "called with wrong arguments: unknown option '--prot'",
  ],
  [
    'Error: unknown option --prot',
    'usage-error',
    'called with wrong arguments: unknown option --prot',
  ],
  [
    'Error: Environment variable STRIPE_KEY is required',
    'missing-variable',
    'environment variable STRIPE_KEY is not set',
  ],
  [
    'ZodError: [\n  {\n    "code": "invalid_type",\n    "path": [\n      "REDIS_URL"\n    ],\n    "message": "Invalid input"\n  }\n]',
    'invalid-settings',
    'settings do not validate: REDIS_URL',
  ],
  [
    'java.lang.OutOfMemoryError: Java heap space',
    'heap-limit',
    'out of memory: the Java heap is full (java.lang.OutOfMemoryError: Java heap space)',
  ],
  [
    'memory allocation of 8589934592 bytes failed',
    'memory-error',
    'out of memory: the system gave no more (memory allocation of 8589934592 bytes failed)',
  ],
  [
    "thread 'main' panicked at src/stock.rs:14:9:\nno stock list",
    'unhandled-exception',
    'panic: no stock list at src/stock.rs:14',
  ],
])('%s', (text, cause, sentence) => check(text, cause, sentence));

test('HTTPS is required speaks of no variable', () =>
  check(
    'ERROR HTTPS is required for this host',
    'last-error-line',
    'exited with code 1 after 2s; it said: ERROR HTTPS is required for this host',
  ));
test('a refused login of somebody else in the access log is no cause', () =>
  check(
    '10.0.0.9 - "GET /admin HTTP/1.1" 401 12',
    'exit-code',
    'exited with code 1 after 2s without an error line; last line: 10.0.0.9 - "GET /admin HTTP/1.1" 401 12',
  ));
test('a variable that is set is not missing', () =>
  check(
    'DEBUG_MODE is set to on',
    'exit-code',
    'exited with code 1 after 2s without an error line; last line: DEBUG_MODE is set to on',
  ));
