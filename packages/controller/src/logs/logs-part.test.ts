import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '@fettle/sdk/api/documents';
import { test } from 'vitest';
import type { LogQuery } from '../parts.ts';
import { all, texts, world, type World } from './logs.kit.ts';

async function check(written: string, query: Partial<LogQuery>, expected: readonly string[]) {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', written);
  await stack.logs().catchUp();
  deepEqual(texts(await stack.read(query)), expected);
}

test('what a service wrote is read back', () => check('a\nb\n', {}, ['a', 'b']));
test('a tail is the last lines', () => check('a\nb\nc\n', { tail: 2 }, ['b', 'c']));
test('a substring selects lines', () => check('cat\ndog\n', { grep: 'og' }, ['dog']));
test('an expression selects lines', () => check('cat\nDog\n', { grep: '/^dog/i' }, ['Dog']));
test('a search sees through colours', () =>
  check('\u001b[31mred\u001b[0m alert\n', { grep: 'red alert' }, ['red alert']));
test('a stack trace stays with its error', () =>
  check(
    'INFO fine\nERROR broken\n    at f (a.js:1)\n    at g (b.js:2)\nINFO fine again\n',
    { level: 'error' },
    ['ERROR broken', '    at f (a.js:1)', '    at g (b.js:2)'],
  ));
test('a Python traceback stays with its last line', () =>
  check(
    'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no\nINFO on\n',
    { level: 'error' },
    ['Traceback (most recent call last):', '  File "a.py", line 1', 'ValueError: no'],
  ));
test('a level means it and worse', () =>
  check(
    '{"level":30,"msg":"i"}\n{"level":40,"msg":"w"}\n{"level":60,"msg":"f"}\n',
    { level: 'warn' },
    ['w', 'f'],
  ));
test('credentials are masked', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', 'password=hunter2hunter2\n{"msg":"x","apiKey":"sk-12345678"}\n');
  const lines = JSON.stringify(await stack.read());
  ok(!lines.includes('hunter2') && !lines.includes('sk-12345678'), lines);
  deepEqual(await stack.read({ grep: 'hunter2' }), []);
  ok(!(await stack.logs().tail('api.1', 'e-1', 9)).join('').includes('hunter2'));
});
test('bytes that are not UTF-8 are shown as such', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', Buffer.from([0x61, 0xff, 0x0a]));
  deepEqual(texts(await stack.read()), ['a\ufffd']);
});
test('a line over 64 KiB is split with a mark', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', `${'x'.repeat(150_000)}\nend\n`);
  await stack.logs().catchUp();
  const lines = texts(await stack.read());
  deepEqual(
    lines.map(({ length }) => length > 60_000),
    [true, true, false, false],
  );
  match(lines[0]!, /goes on\]$/);
  equal(lines.join('').replaceAll(' …[line goes on]', ''), `${'x'.repeat(150_000)}end`);
});

test('runs are stitched with the reason of the restart', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1', Date.now() - 7_860_000);
  stack.write('api.1', 'e-1', 'first life\n');
  stack.end('api.1', 'e-1');
  stack.run('api.1', 'e-2');
  stack.write('api.1', 'e-2', 'second life\n');
  const expected = [
    'first life',
    'process ended: exit 1 after 2h 11m (pid 7750) · restarted: crash',
    'second life',
  ];
  deepEqual(texts(await stack.read()), expected);
  await stack.again();
  deepEqual(texts(await stack.read()), expected);
  deepEqual(texts(await stack.read({ tail: 1 })), ['second life']);
});

test('what was started anew after a stop is not called restarted', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.end('api.1', 'e-1');
  stack.run('api.1', 'e-2', Date.now(), 'first-start');
  match(texts(await stack.read())[0]!, / · started$/);
  stack.end('api.1', 'e-2');
  stack.run('api.1', 'e-3', Date.now(), 'operator-start');
  match(texts(await stack.read())[1]!, / · started: operator start$/);
});

/** Five runs; the second and the fourth say ERROR. */
async function fiveRuns(): Promise<World> {
  const stack = await world();
  for (let n = 1; n <= 5; n++) {
    stack.run('api.1', `e-${n}`);
    stack.write('api.1', `e-${n}`, `${n % 2 === 0 ? 'ERROR' : 'INFO'} life ${n}\nINFO on\n`);
    stack.end('api.1', `e-${n}`);
  }
  await stack.logs().catchUp();
  return stack;
}
const short = (lines: readonly LogLine[]) =>
  lines.map(({ kind, run, text }) => (kind === 'line' ? text : `end of ${run}`));

test('a search tells the end of runs in which it found something, and no other', async () => {
  const stack = await fiveRuns();
  const found = ['ERROR life 2', 'end of e-2', 'ERROR life 4', 'end of e-4'];
  for (const tail of [null, 2, 30_000])
    deepEqual(short(await stack.read({ level: 'error', tail })), found);
  deepEqual(short(await stack.read({ grep: 'life 4', tail: 1 })), found.slice(2));
  deepEqual(await stack.read({ grep: 'nowhere', tail: 9 }), []);
});

test('runs without a word do not bury the lines before them', async () => {
  const stack = await fiveRuns();
  for (let n = 6; n <= 20; n++) {
    stack.run('api.1', `e-${n}`);
    stack.end('api.1', `e-${n}`);
  }
  const ends = ['end of e-5', 'end of e-19', 'end of e-20'];
  deepEqual(short(await stack.read({ tail: 2 })), ['INFO life 5', 'INFO on', ...ends]);
});

test('a reader goes on behind any place it was at', async () => {
  const stack = await fiveRuns();
  const whole = await stack.read();
  for (const [at, { run, offset, kind }] of whole.entries()) {
    const after = new Map([[run, { offset, isBoundary: kind === 'boundary' }]]);
    for (const tail of [null, 1, 30_000])
      deepEqual(await stack.read({ after, tail }), whole.slice(at + 1), `${at} ${tail}`);
  }
});

test('following goes on behind a place, and in a search tells starts with the first find', async () => {
  const stack = await fiveRuns();
  const after = new Map([['e-4', { offset: 0, isBoundary: false }]]);
  const abort = new AbortController();
  const lines: LogLine[] = [];
  const query = { ...all, level: 'error', after } as const;
  for await (const line of stack.logs().follow(query, abort.signal)) {
    lines.push(line);
    if (lines.length === 1) {
      stack.run('api.1', 'e-6');
      stack.write('api.1', 'e-6', 'INFO well\n');
      stack.end('api.1', 'e-6');
      stack.run('api.1', 'e-7');
      stack.write('api.1', 'e-7', 'ERROR life 7\n');
    }
    if (line.text === 'ERROR life 7') abort.abort();
  }
  deepEqual(texts(lines).slice(1), ['restarted: crash (pid 7750)', 'ERROR life 7']);
  equal(lines[0]?.run, 'e-4');
});

test('instances are merged by the time their lines tell', async () => {
  const stack = await world();
  const baseMs = Date.now() - 10_000;
  const at = (second: number) => new Date(baseMs + second * 1000).toISOString();
  stack.run('api.1', 'e-1');
  stack.run('web.1', 'e-2');
  stack.write('api.1', 'e-1', `${at(1)} one\n${at(3)} three\n`);
  stack.write('web.1', 'e-2', `${at(2)} two\n${at(4)} four\n`);
  const words = texts(await stack.read()).map((text) => text.split(' ')[1]);
  deepEqual(words, ['one', 'two', 'three', 'four']);
  const some = await stack.read({ sinceMs: Date.parse(at(2)), untilMs: Date.parse(at(3)) });
  deepEqual(
    texts(some).map((text) => text.split(' ')[1]),
    ['two', 'three'],
  );
  equal((await stack.read({ services: ['web'] })).length, 2);
});

test('a rotated log reads the same and takes little room', async () => {
  const stack = await world({ segmentBytes: 256 * 1024 });
  stack.run('api.1', 'e-1');
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${'y'.repeat(90)}`);
  stack.write('api.1', 'e-1', `${lines.join('\n')}\n`);
  await stack.logs().catchUp();
  await stack.logs().sweep();
  const names = readdirSync(join(stack.logsDir, 'api.1'));
  ok(
    names.some((name) => name.endsWith('.zst')),
    names.join(),
  );
  const stats = statSync(stack.path('api.1', 'e-1'));
  ok(stats.blocks * 512 < 600_000, `${stats.blocks * 512} bytes on disk`);
  deepEqual(texts(await stack.read()), lines);
  deepEqual(texts(await stack.read({ tail: 15_000 })), lines.slice(-15_000));
  deepEqual(await stack.logs().tail('api.1', 'e-1', 2), lines.slice(-2));
});

test('what is dropped beyond the bound is said', async () => {
  const stack = await world({ segmentBytes: 256 * 1024, serviceBytes: 400 * 1024 });
  stack.run('api.1', 'e-1');
  const lines = Array.from(
    { length: 20_000 },
    (_, index) => `line ${index} ${randomBytes(45).toString('hex')}`,
  );
  stack.write('api.1', 'e-1', `${lines.join('\n')}\n`);
  await stack.logs().catchUp();
  await stack.logs().sweep();
  const [first, ...rest] = texts(await stack.read());
  const dropped = Number(/^(\d+) lines \(.* MiB\) dropped: over the size/.exec(first!)?.[1]);
  ok(dropped > 0, first);
  deepEqual(rest, lines.slice(dropped));
});

test('the last run of a dead instance is kept, older ones go by count', async () => {
  const stack = await world({ runs: 2 });
  for (let n = 1; n <= 5; n++) {
    stack.run('api.1', `e-${n}`);
    stack.write('api.1', `e-${n}`, `life ${n}\n`);
    stack.end('api.1', `e-${n}`);
  }
  await stack.again();
  await stack.logs().catchUp();
  await stack.logs().sweep();
  const [first, ...rest] = texts(await stack.read());
  equal(first, '2 lines (0.0 MiB) of 2 earlier runs dropped: over the size that is kept');
  deepEqual(
    rest.filter((text) => text.startsWith('life')),
    ['life 3', 'life 4', 'life 5'],
  );
});

test('a truncated spool goes on and says what is gone', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', 'before one\nbefore two\n');
  await stack.logs().catchUp();
  truncateSync(stack.path('api.1', 'e-1'), 0);
  stack.write('api.1', 'e-1', 'after\n');
  await stack.logs().catchUp();
  stack.write('api.1', 'e-1', 'later\n');
  await stack.logs().catchUp();
  const [first, ...rest] = texts(await stack.read());
  match(first!, /truncated by somebody else/);
  deepEqual(rest, ['after', 'later']);
});

async function takeLines(stack: World, count: number, act: (line: LogLine | null) => void) {
  const abort = new AbortController();
  const lines: LogLine[] = [];
  act(null);
  for await (const line of stack.logs().follow(all, abort.signal)) {
    lines.push(line);
    act(line);
    if (lines.length === count) abort.abort();
  }
  return lines;
}

test('following shows each line once, over a restart of the service', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', 'one\ntw');
  const lines = await takeLines(stack, 6, (line) => {
    if (line?.text === 'one') stack.write('api.1', 'e-1', 'o\nthree\n');
    if (line?.text === 'three') stack.end('api.1', 'e-1');
    if (line?.text.includes('ended')) {
      stack.run('api.1', 'e-2');
      stack.write('api.1', 'e-2', 'four\n');
    }
  });
  deepEqual(
    texts(lines).map((text) => text.replace(/after \d+m?s/, 'after a while')),
    [
      'one',
      'two',
      'three',
      'process ended: exit 1 after a while (pid 7750)',
      'restarted: crash (pid 7750)',
      'four',
    ],
  );
});

test('an unfinished line is shown after a second', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  const beganMs = Date.now();
  const [line] = await takeLines(stack, 1, (seen) => {
    if (seen === null) stack.write('api.1', 'e-1', 'password? ');
  });
  equal(line?.text, 'password? ');
  ok(Date.now() - beganMs >= 950);
});

test('new lines reach log probes', async () => {
  const stack = await world();
  const seen = new Promise<readonly string[]>((resolve) => {
    stack.logs().onLines((_instance, _token, lines) => resolve(lines));
  });
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', 'ready\n');
  deepEqual(await seen, ['ready']);
});

test('the tail of a run is there at once', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', 'a\nb\nlast words');
  deepEqual(await stack.logs().tail('api.1', 'e-1', 2), ['b', 'last words']);
  deepEqual(await stack.logs().tail('api.1', 'e-9', 2), []);
});

test('a very long tail is streamed', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  stack.write('api.1', 'e-1', Array.from({ length: 30_000 }, (_, n) => `${n}\n`).join(''));
  const lines = texts(await stack.read({ tail: 25_000 }));
  deepEqual([lines.length, lines[0], lines.at(-1)], [25_000, '5000', '29999']);
});

test('levels far apart are found by the index', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  const dull = 'INFO nothing happened here at all\n'.repeat(9_000);
  stack.write('api.1', 'e-1', `${dull}ERROR a\n  at b\n${dull}FATAL c\n${dull}`);
  await stack.logs().catchUp();
  deepEqual(texts(await stack.read({ level: 'error' })), ['ERROR a', '  at b', 'FATAL c']);
  deepEqual(texts(await stack.read({ level: 'error', tail: 2 })), ['  at b', 'FATAL c']);
});

test('asked to rotate, all of a log is compressed and no line is lost', async () => {
  const stack = await world();
  stack.run('api.1', 'e-1');
  const lines = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
  stack.write('api.1', 'e-1', `${lines.join('\n')}\n`);
  await stack.logs().catchUp();
  const { segments } = await stack.logs().rotate('api');
  equal(segments, 1);
  stack.write('api.1', 'e-1', 'one more\n');
  await stack.logs().catchUp();
  deepEqual(texts(await stack.read()), [...lines, 'one more']);
});

test('a bound keeps the newest of a log, over a restart, until it is lifted', async () => {
  const stack = await world();
  const untilMs = Date.now() + 60_000;
  for (const token of ['e-1', 'e-2', 'e-3']) {
    stack.run('api.1', token);
    stack.write('api.1', token, randomBytes(300_000).toString('hex').replaceAll(/.{60}/g, '$&\n'));
    await stack.logs().catchUp();
    stack.end('api.1', token);
  }
  stack.run('api.1', 'e-4');
  stack.write('api.1', 'e-4', 'alive\n');
  await stack.logs().catchUp();
  await stack.logs().bound('api', { bytes: 500_000, untilMs });
  const kept = readdirSync(join(stack.logsDir, 'api.1'));
  const packed = kept.filter((name) => name.endsWith('.zst'));
  deepEqual(packed, ['e-3.0001.zst']);
  equal(texts(await stack.read()).at(-1), 'alive');
  await stack.again();
  deepEqual(stack.logs().boundOf('api'), { bytes: 500_000, untilMs });
  await stack.logs().bound('api', null);
  equal(stack.logs().boundOf('api'), null);
});
