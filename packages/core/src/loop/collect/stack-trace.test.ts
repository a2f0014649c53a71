import { expect, test } from 'vitest';
import { lastErrorBlock, lastErrorLine, lastLine, looksLikeError } from './error-line.ts';
import { findTraces, framePlace, ownFrame, rootOf } from './stack-trace.ts';

/** type, message, own frame, root type of the only trace. */
const check = (text: string, expected: readonly [string, string, string | null, string]) => {
  const traces = findTraces(text.split('\n'));
  expect(traces.length).toBe(1);
  const trace = traces[0];
  if (trace === undefined) return;
  const frame = ownFrame(trace);
  const place = frame === null ? null : framePlace(frame);
  expect([trace.type, trace.message, place, rootOf(trace).type]).toEqual(expected);
};

test("Node: the user's frame, not the library's", () =>
  check(
    [
      'Error: no such order',
      '    at find (/srv/shop/node_modules/orders/index.js:3:9)',
      '    at Layer.handle (node:internal/x:1:2)',
      '    at async load (file:///srv/shop/api/load.mjs:12:3)',
    ].join('\n'),
    ['Error', 'no such order', 'api/load.mjs:12', 'Error'],
  ));
test('Node: a cause is the root', () =>
  check(
    [
      'TypeError: fetch failed',
      '    at node:internal/deps/undici/undici:1:2',
      '    at file:///srv/shop/api/server.mjs:1:1 {',
      '  [cause]: Error: connect ECONNREFUSED 127.0.0.1:5432',
      '      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1:1)',
    ].join('\n'),
    ['TypeError', 'fetch failed', 'api/server.mjs:1', 'Error'],
  ));
test('Python: chained exceptions are one trace whose root is the first', () =>
  check(
    [
      'Traceback (most recent call last):',
      '  File "/srv/shop/app.py", line 5, in load',
      '    open("x")',
      "FileNotFoundError: [Errno 2] No such file or directory: 'x'",
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "/srv/shop/app.py", line 7, in <module>',
      '    load()',
      '  File "/usr/lib/python3.11/site-packages/lib/core.py", line 70, in get',
      '    raise CatalogueError("no catalogue")',
      'lib.core.CatalogueError: no catalogue',
    ].join('\n'),
    ['lib.core.CatalogueError', 'no catalogue', 'shop/app.py:7', 'FileNotFoundError'],
  ));
test('Java: Caused by is the root', () =>
  check(
    [
      'Exception in thread "main" java.lang.IllegalStateException: not started',
      '\tat shop.Main.main(Main.java:9)',
      'Caused by: java.net.ConnectException: Connection refused',
      '\tat java.base/java.net.Socket.connect(Socket.java:1)',
      '\t... 1 more',
    ].join('\n'),
    ['java.lang.IllegalStateException', 'not started', 'Main.java:9', 'java.net.ConnectException'],
  ));
test('Go: a panic with the first frame outside the runtime', () =>
  check(
    'panic: no stock\n\ngoroutine 1 [running]:\nruntime.x()\n\t/usr/lib/go/src/runtime/a.go:1\nmain.main()\n\t/srv/shop/main.go:9 +0x85',
    ['panic', 'no stock', 'shop/main.go:9', 'panic'],
  ));
test('Rust: the message stands on the next line', () =>
  check("thread 'main' (77) panicked at src/main.rs:3:5:\nno stock", [
    'panic',
    'no stock',
    'src/main.rs:3',
    'panic',
  ]));
test('plain prose has no trace', () =>
  expect(findTraces(['all is well', '    at the office', 'File "x"'])).toEqual([]));
test('an error line is told from a calm one', () => {
  expect(looksLikeError('connection refused')).toBe(true);
  expect(looksLikeError('done with 0 errors')).toBe(false);
});
test('the last error line is what a person would quote', () => {
  const lines = ['ERROR first', 'GET / 200', 'ERROR second', 'bye', ''];
  expect(lastErrorLine(lines)).toBe('ERROR second');
  expect(lastLine(lines)).toBe('bye');
  expect(lastErrorBlock(lines)).toEqual({ from: 2, to: 2 });
  expect(lastErrorLine(['fine'])).toBe(null);
  expect(lastErrorBlock([])).toBe(null);
});
