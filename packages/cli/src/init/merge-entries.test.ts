import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonc, valueOf } from './jsonc.ts';
import { mergeEntries, type Entry } from './merge-entries.ts';

const list = (entries: readonly Entry[]) => [
  { key: 'tasks', id: 'label', entries, isOurs: (id: string) => id.startsWith('fettle: ') },
];
const merge = (text: string, ...labels: string[]): string =>
  mergeEntries(text, 'tasks.json', list(labels.map((label) => ({ label, type: 'process' }))));
const read = (text: string): unknown => valueOf(parseJsonc(text, 'tasks.json'));

test('what is not ours keeps every letter', () => {
  const before = `// mine
{
  "version": "2.0.0", // stays
  "tasks": [
    { "label": "lint", /* why */ "command": "npm" } // last of mine
    // more to come
  ]
}
`;
  expect(merge(before, 'fettle: up')).toBe(`// mine
{
  "version": "2.0.0", // stays
  "tasks": [
    { "label": "lint", /* why */ "command": "npm" }, // last of mine
    // more to come
    { "label": "fettle: up", "type": "process" }
  ]
}
`);
});

test('a list on one line, a missing list, an empty file of one', () => {
  expect(read(merge('{"tasks":[]}', 'fettle: up'))).toEqual({
    tasks: [{ label: 'fettle: up', type: 'process' }],
  });
  expect(read(merge('{"version":"2.0.0"}', 'fettle: up'))).toMatchObject({ version: '2.0.0' });
  expect(read(merge('{}', 'fettle: up', 'fettle: down'))).toMatchObject({ tasks: { length: 2 } });
});

test('ours that are wanted no more go, with their line', () => {
  const first = merge('{\n\t"tasks": [\n\t\t1\n\t]\n}\n', 'fettle: a', 'fettle: b');
  expect(merge(first, 'fettle: b')).not.toContain('fettle: a');
  expect(read(merge(first))).toEqual({ tasks: [1] });
  expect(merge(first)).toBe('{\n\t"tasks": [\n\t\t1\n\t]\n}\n');
});

test('Windows line ends stay', () => {
  const merged = merge('{\r\n  "tasks": []\r\n}\r\n', 'fettle: up');
  expect(merged.replaceAll('\r\n', '')).not.toContain('\n');
});

const place = (text: string): unknown => {
  try {
    return parseJsonc(text, 'tasks.json');
  } catch (error) {
    return (error as Readonly<{ place: unknown }>).place;
  }
};

test('what is broken is named with its place', () => {
  expect(place('{\n  "a": 1\n  "b": 2\n}')).toMatchObject({ line: 3, column: 3 });
  expect(place('{"a": tru}')).toMatchObject({ line: 1, column: 7 });
  expect(place('['.repeat(200))).toMatchObject({ line: 1 });
  expect(() => merge('[]', 'fettle: up')).toThrow('not an object');
  expect(() => merge('{"tasks": 1}', 'fettle: up')).toThrow('not a list');
});

const trivia = fc.constantFrom(' ', '\n', ' // note\n', '/* note */', '\n  // , ] }\n', '');
const item = fc.oneof(
  fc.constantFrom('1', '"a, b"', 'null', '{}'),
  fc.integer({ min: 0, max: 5 }).map((n) => `{"label": "fettle: ${n}", "x": [1, 2,]}`),
  fc.integer({ min: 0, max: 5 }).map((n) => `{"label": "own ${n}" /* ] */}`),
);
const document = fc
  .tuple(fc.array(fc.tuple(trivia, item, trivia)), trivia, fc.boolean())
  .map(([items, end, comma]) => {
    const inner = items.map(([before, text, after]) => `${before}${text}${after}`).join(',');
    return `{"tasks": [${inner}${comma && items.length > 0 ? ',' : ''}${end}]}`;
  });

test('any list: what is not ours stays, ours is as wanted, and a second merge changes nothing', () => {
  fc.assert(
    fc.property(document, fc.uniqueArray(fc.integer({ min: 0, max: 9 })), (text, wanted) => {
      const labels = wanted.map((n) => `fettle: ${n}`);
      const merged = merge(text, ...labels);
      const isOurs = (one: unknown): boolean => JSON.stringify(one).includes('fettle: ');
      const before = (read(text) as { tasks: unknown[] }).tasks.filter((one) => !isOurs(one));
      const after = (read(merged) as { tasks: unknown[] }).tasks;
      expect(after.filter((one) => !isOurs(one))).toEqual(before);
      const own = after.filter(isOurs).map((one) => (one as { label: string }).label);
      expect([...new Set(own)].toSorted()).toEqual(labels.toSorted());
      const notes = (one: string): number => one.split('note').length;
      expect(notes(merged)).toBe(notes(text));
      expect(merge(merged, ...labels)).toBe(merged);
    }),
  );
});
