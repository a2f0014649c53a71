/** Addresses in variables, arguments and log lines; text that only looks like one is none. */
import { expect, test } from 'vitest';
import { addressesIn, addressesOf } from './named-addresses.ts';
import { settingsIn } from './settings-of.ts';

const check = (text: string, expected: readonly string[]) =>
  expect(
    addressesIn(text).map(({ scheme, host, port }) => `${scheme ?? '-'} ${host} ${port}`),
  ).toEqual(expected);

test('URLs, with credentials and default ports', () =>
  check('postgresql+asyncpg://me:x@db.local/shop redis://127.0.0.1:6380/0 https://[::1]/x', [
    'postgresql db.local 5432',
    'redis 127.0.0.1 6380',
    'https ::1 443',
  ]));
test('what runtimes print of a refused connection', () => {
  check('Error: connect ECONNREFUSED 127.0.0.1:5433', ['- 127.0.0.1 5433']);
  check('connect ECONNREFUSED ::1:5433', ['- ::1 5433']);
  check('refused by 127.0.0.1:5433.', ['- 127.0.0.1 5433']);
  check('dial tcp [::1]:5433: connect: connection refused', ['- ::1 5433']);
  check('pool: localhost:6379 does not answer', ['- localhost 6379']);
});
test('places in files, times and versions are no addresses', () =>
  check('at server.js:12:3 app.py:44 12:30:45 2026-01-01T10:20:30 node:net:1234 a:1', []));
test('a port out of range is none', () => check('127.0.0.1:99999 http://x:0/', []));
const inSettings = (text: string) =>
  addressesOf(settingsIn(text)).map(({ setting, host, port }) => `${setting} ${host} ${port}`);

test('HOST and PORT beside each other are one address; where it listens itself is none', () =>
  expect(inSettings('DB_HOST=127.0.0.1\nexport DB_PORT="5432"\nPORT=80\nHOST=127.0.0.1')).toEqual([
    'DB_HOST 127.0.0.1 5432',
  ]));
test('JSON, also of one line', () => {
  const config = { database: { host: 'db.local', port: 5433 }, cache: 'redis://127.0.0.1:6380' };
  const expected = ['database.host db.local 5433', 'cache 127.0.0.1 6380'];
  expect(inSettings(JSON.stringify(config))).toEqual(expected);
  expect(inSettings(JSON.stringify(config, null, 2))).toEqual(expected);
});
test('YAML, TOML and INI', () => {
  const yaml = 'a: 1\ndatabase:\n  main:\n    host: 127.0.0.1 # here\n    port: 5433\nport: 1';
  expect(inSettings(yaml)).toEqual(['database.main.host 127.0.0.1 5433']);
  const toml = '[database]\nhost = "127.0.0.1"\nport = 5433\n[other]\nport = 1';
  expect(inSettings(toml)).toEqual(['database.host 127.0.0.1 5433']);
});
test('broken JSON still names its addresses', () =>
  expect(inSettings('{\n  "database": {\n    "host": "127.0.0.1",\n    "port": 5433,\n')).toEqual([
    'database.host 127.0.0.1 5433',
  ]));
test('a hostile line costs linear time', () => {
  const beganMs = performance.now();
  for (const piece of ['a.', 'http://', 'a:1', '[0:', 'x@', '::1:'])
    addressesIn(piece.repeat(100_000));
  expect(performance.now() - beganMs).toBeLessThan(500);
});
