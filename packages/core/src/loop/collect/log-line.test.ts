import { deepEqual, equal, ok } from 'node:assert/strict';
import type { LogLevel } from '@fettle/sdk/api/documents';
import fc from 'fast-check';
import { test } from 'vitest';
import { levelCode, levelName, levelOfBytes } from './log-level.ts';
import { parseLogLine, plainText, type ParsedLine } from './log-line.ts';

const bytesOf = (line: string) => new TextEncoder().encode(line);
const levelOf = (line: string) => {
  const bytes = bytesOf(line);
  return levelName(levelOfBytes(bytes, 0, bytes.length));
};
const atMs = Date.UTC(2026, 10, 21, 11, 10, 22, 123);
const context = { zoneOffsetMs: 3_600_000, nearMs: atMs };
const parse = (line: string) => parseLogLine(line, levelOf(line), context);

const check = (line: string, expected: Partial<ParsedLine>) => {
  const parsed = parse(line);
  deepEqual({ ...parsed, ...expected }, parsed);
};
const level = (expected: LogLevel | null, ...lines: readonly string[]) => {
  for (const line of lines) equal(parse(line).level, expected, line);
};

test('pino lines are understood', () =>
  check('{"level":50,"time":1795259422123,"pid":1,"msg":"no db","code":"ECONNREFUSED"}', {
    level: 'error',
    atMs,
    text: 'no db',
    fields: { pid: 1, code: 'ECONNREFUSED' },
  }));
test('bunyan lines are understood', () =>
  check('{"name":"api","level":40,"msg":"slow","time":"2026-11-21T11:10:22.123Z","v":0}', {
    level: 'warn',
    atMs,
    text: 'slow',
    fields: { name: 'api', v: 0 },
  }));
test('winston lines are understood', () =>
  check('{"level":"warn","message":"hot","timestamp":"2026-11-21T11:10:22.123Z"}', {
    level: 'warn',
    atMs,
    text: 'hot',
    fields: {},
  }));
test('structlog lines are understood', () =>
  check('{"event":"login","level":"critical","timestamp":"2026-11-21T11:10:22.123000Z"}', {
    level: 'fatal',
    atMs,
    text: 'login',
  }));
test('zap lines are understood', () =>
  check('{"level":"info","ts":1795259422.123,"caller":"a.go:1","msg":"up"}', {
    level: 'info',
    atMs,
    text: 'up',
    fields: { caller: 'a.go:1' },
  }));
test('GELF severities are syslog numbers', () =>
  check('{"short_message":"bad","level":3,"timestamp":1795259422.123}', { level: 'error', atMs }));
test('ECS nests the level', () =>
  check('{"log":{"level":"ERROR"},"message":"x"}', { level: 'error' }));
test('a number as message stays a field', () =>
  check('{"msg":5,"level":30}', { text: '{"msg":5,"level":30}', fields: { msg: 5 } }));
test('logfmt is understood', () =>
  check('ts=2026-11-21T11:10:22.123Z level=warn msg="a \\"b\\" c" n=5', {
    level: 'warn',
    atMs,
    text: 'a "b" c',
    fields: { n: '5' },
  }));
test('text that only resembles logfmt stays text', () =>
  check('level=warn msg=hi but then prose', { fields: null, level: 'warn' }));
test('an array or broken JSON is text', () => {
  check('{"level":30,"msg":"cut', { fields: null, level: 'info', text: '{"level":30,"msg":"cut' });
  check('[1,2]', { fields: null, level: null });
});

test('upper-case levels are found', () => {
  level('error', '2026-11-21 11:10:22,123 ERROR db: x', '[main] ERROR x', 'ERROR:root:x');
  level('warn', 'WARNING: deprecated', '\u001b[33mWARN\u001b[39m hot');
  level('info', '2026-11-21T11:10:22Z INFO  serving', '11:10 INF up');
  level('debug', 'DEBUG x');
  level('fatal', 'FATAL: role', 'CRITICAL x');
});
test('lower-case levels count when marked', () => {
  level('error', '2026/11/21 11:10:22 [error] 7#7: x', 'error: no', 'level=error msg=x');
  level('warn', '<warn> x', 'time=1 severity="warn" x', 'warning: unused');
  level('info', 'info: listening', 'info: Microsoft.Hosting[14]');
  level(null, 'there was no error at all', 'for information only', 'see http://error/');
});
test('parts of words are not levels', () => level(null, 'ERRORS_TOTAL 5', 'TERROR', 'INFORMAL'));
test('exceptions are errors', () => {
  level('error', 'TypeError: x is not a function', 'psycopg2.OperationalError: refused');
  level('error', 'Error [ERR_MODULE_NOT_FOUND]: Cannot find', 'Uncaught RangeError: x');
  level('error', 'Traceback (most recent call last):', 'Exception in thread "main" a.B: c');
  level('fatal', "thread 'main' panicked at src/main.rs:2", 'panic: nil map', 'Segmentation fault');
});
test('glog letters are levels', () => {
  level('error', 'E1121 11:10:22.000000 7 a.cc:1] x');
  level('info', 'I1121 11:10:22.000000 7 a.cc:1] x');
  level('warn', 'W1121 11:10:22.000000 7 a.cc:1] x');
  level('fatal', 'F1121 11:10:22.000000 7 a.cc:1] x');
});

const time = (line: string, expected: number | null) => equal(parse(line).atMs, expected, line);
test('times with a zone are taken as they are', () => {
  time('2026-11-21T11:10:22.123Z x', atMs);
  time('[2026-11-21T12:10:22.123+01:00] x', atMs);
  time('INFO 2026-11-21T11:10:22.123Z x', atMs);
  time('1.2.3.4 - - [21/Nov/2026:12:10:22 +0100] "GET /"', atMs - 123);
});
test('times without a zone are local', () => {
  time('2026-11-21 12:10:22,123 - root - INFO - x', atMs);
  time('2026/11/21 12:10:22 x', atMs - 123);
  time('Nov 21 12:10:22 host app: x', atMs - 123);
  time('I1121 12:10:22.123000 7 a.cc:1] x', atMs);
});
test('what is no time is none', () => {
  for (const line of ['2026-13-45T99:00:00Z', 'Foo 21 11:10:22', '12 monkeys', ''])
    time(line, null);
  time('{"msg":"x","time":"soon"}', null);
  time('{"msg":"x","time":12}', null);
});
test('a syslog date at the turn of the year belongs to the nearest one', () => {
  const nearMs = Date.UTC(2027, 0, 1, 0, 0, 5);
  const parsed = parseLogLine('Dec 31 23:59:59 x', null, { zoneOffsetMs: 0, nearMs });
  equal(parsed.atMs, Date.UTC(2026, 11, 31, 23, 59, 59));
});
test('nanoseconds and microseconds are told apart', () => {
  time(`{"ts":${atMs}000,"msg":"x"}`, atMs);
  time(`{"ts":"${atMs}000000","msg":"x"}`, atMs);
});

test('colours and control characters are taken out', () =>
  equal(plainText('\u001b[1;31mred\u001b[0m\u0007 \u001b]0;title\u0007ok\ttab'), 'red ok\ttab'));

test('any line is parsed to something', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (line) => {
      const parsed = parse(line);
      ok(typeof parsed.text === 'string');
    }),
  );
});

test('what the parser calls a level the index has counted as bad or worse', () => {
  const value = fc.oneof(
    fc.constantFrom('trace', 'debug', 'INFO', 'warn', 'Error', 'fatal', 'other'),
    fc.constantFrom(10, 20, 30, 40, 50, 60, 3, 7),
    fc.dictionary(fc.string(), fc.constantFrom('error', 1)),
  );
  const key = fc.oneof(
    fc.constantFrom('level', 'lvl', 'severity', 'levelname', 'log.level', 'log', 'msg'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.dictionary(key, value), fc.boolean(), (record, isWide) => {
      const line = JSON.stringify(record, null, isWide ? 1 : 0).replaceAll('\n', '');
      const bytes = bytesOf(line);
      const parsed = parse(line).level;
      if (parsed !== null) ok(levelOfBytes(bytes, 0, bytes.length) >= levelCode(parsed), line);
    }),
    { numRuns: 500 },
  );
});
