import { expect, test } from 'vitest';
import { openTemplates, type TemplateTree } from './template-tree.ts';

const startMs = Date.UTC(2026, 0, 5);

/** The texts after these lines, newest first. */
const texts = (...lines: readonly string[]): readonly string[] => {
  const tree = openTemplates();
  lines.forEach((line, index) => tree.add(line, startMs + index));
  return tree.templates().map(({ text }) => text);
};
const countOf = (tree: TemplateTree, text: string): number =>
  tree.templates().find((template) => template.text === text)?.count ?? 0;

test('lines that differ in numbers are one template', () => {
  expect(texts('pool timeout after 30 ms', 'pool timeout after 5000 ms')).toEqual([
    'pool timeout after <*>',
  ]);
});

test('words of the program stay apart', () => {
  expect(texts('state is SCREEN_ON', 'state is SCREEN_OFF')).toHaveLength(2);
  expect(texts('connection opened now', 'connection closed now')).toHaveLength(2);
});

test('a place with many words becomes a variable, and old ids lead to the joined template', () => {
  const tree = openTemplates();
  const names = ['ann', 'bob', 'cleo', 'dan', 'eve'];
  const ids = names.map((name) => tree.add(`password of ${name} is wrong`, startMs)?.id ?? 0);
  expect(tree.templates().map(({ text, count }) => [text, count])).toEqual([
    ['password of <*> is wrong', 5],
  ]);
  expect(new Set(ids.map((id) => tree.find(id)?.id)).size).toBe(1);
  expect(tree.countSince(ids[4] ?? 0, startMs, startMs + 10_000)).toBe(5);
});

test('levels never share a template; time and level in the head are no part of it', () => {
  const tree = openTemplates();
  tree.add('2026-01-05 10:00:00,123 ERROR disk is full', startMs);
  tree.add('2026-01-05 10:00:01,456 WARN disk is full', startMs);
  tree.add('2026-01-05 11:00:01,456 ERROR disk is full', startMs);
  expect(tree.templates().map(({ level, count }) => [level, count])).toEqual([
    ['error', 2],
    ['warn', 1],
  ]);
});

test('JSON lines are known by their message', () => {
  const line = (ms: number) =>
    JSON.stringify({ level: 50, time: startMs + ms, msg: `slow: ${ms}` });
  const tree = openTemplates();
  tree.add(line(1), startMs);
  tree.add(line(2), startMs);
  expect(tree.templates()).toMatchObject([{ text: 'slow: <*>', level: 'error', count: 2 }]);
});

test('a stack trace belongs to its message', () => {
  expect(
    texts('Error: pool timeout', '    at connect (/srv/db.js:3:1)', '    at x (/srv/a.js:1:1)'),
  ).toEqual(['Error: pool timeout']);
});

test('a Python trace is known by its last line', () => {
  const tree = openTemplates();
  const trace = [
    'Traceback (most recent call last):',
    '  File "/srv/a.py", line 3, in f',
    '    f()',
  ];
  for (const line of [...trace, 'ValueError: bad port 80']) tree.add(line, startMs);
  expect(tree.templates()).toMatchObject([{ text: 'ValueError: bad port <*>', level: 'error' }]);
});

test('counts by ten seconds, for an hour', () => {
  const tree = openTemplates();
  for (let second = 0; second < 7_200; second += 1) tree.add('tick', startMs + second * 1_000);
  const [template] = tree.templates();
  const nowMs = startMs + 7_200_000;
  expect(tree.countSince(template?.id ?? 0, nowMs - 60_000, nowMs)).toBe(60);
  expect(tree.countSince(template?.id ?? 0, nowMs - 3_600_000, nowMs)).toBe(3_600);
  expect(tree.countSince(template?.id ?? 0, 0, nowMs)).toBeLessThan(4_300);
});

/** A word of the program: never taken for a variable. */
const word = (index: number): string =>
  `S_${[...String(index)].map((digit) => 'ABCDEFGHIJ'[Number(digit)]).join('')}`;

test('bounded: what was not seen for longest makes room, and is not new when it comes back', () => {
  const tree = openTemplates();
  tree.add('backup finished', startMs);
  for (let index = 0; index < 5_000; index += 1) tree.add(`STATE ${word(index)}`, startMs + 1);
  expect(tree.templates().length).toBe(500);
  expect(countOf(tree, 'backup finished')).toBe(0);
  expect(tree.seen().dropped).toBeGreaterThan(4_000);
  for (let index = 0; index < 600; index += 1) tree.add(`STATE ${word(index)}`, startMs + 2);
  const [oldest] = tree.templates().toReversed();
  expect(oldest?.firstMs).toBe(startMs + 2);
});

test('what made room is remembered with its first time', () => {
  const tree = openTemplates();
  tree.add('backup finished', startMs);
  for (let index = 0; index < 600; index += 1) tree.add(`STATE ${word(index)}`, startMs + 1);
  expect(countOf(tree, 'backup finished')).toBe(0);
  expect(tree.add('backup finished', startMs + 9_000_000)?.firstMs).toBe(startMs);
});

test('log text that looks like anything is only text', () => {
  const hostile = [
    '__proto__',
    'constructor',
    '<*>',
    '',
    '   ',
    '\u0000\u0001',
    '{"level":',
    '${x}',
  ];
  const tree = openTemplates();
  for (const line of hostile) tree.add(line, startMs);
  expect(tree.seen().lines).toBe(hostile.length);
});

test('whatever is written into a log, the tree stays within its bounds', () => {
  const tree = openTemplates();
  const alphabet = [...'ab1 .:/"\'=<>*()[]{}\\-_\t\u0000é😀'];
  let seed = 7;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % below;
  };
  for (let count = 0; count < 3_000; count += 1) {
    const line = Array.from({ length: next(120) }, () => alphabet[next(alphabet.length)]).join('');
    tree.add(line, startMs + count);
  }
  expect(tree.seen().lines).toBe(3_000);
  expect(tree.templates().length).toBeLessThanOrEqual(500);
  for (const { text, example, count } of tree.templates()) {
    expect(text.length).toBeLessThanOrEqual(1_200);
    expect(example.length).toBeLessThanOrEqual(300);
    expect(count).toBeGreaterThan(0);
  }
});
