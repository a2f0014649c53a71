/** One value changes, every other byte stays. */
import fc from 'fast-check';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { editValue, formatOf, type FileFormat } from './edit-value.ts';

const check = (format: FileFormat, text: string, [key, value]: [string, string], to: string) =>
  expect(editValue(text, format, key, value)).toMatchObject({ ok: true, text: to });
const refuse = (format: FileFormat, text: string, key: string, value = 'x') =>
  expect(editValue(text, format, key, value)).toMatchObject({ ok: false });

const yaml = `# the database\r
db:\r
    host:   "old"   # quoted, with a comment\r
    port: 5432\r
    tls:    false\r
    pools: [ 1,  2 ]\r
    motto: >\r
      folded\r
other: &shared plain\r
again: *shared\r
`;

test('a string keeps its quotes, its place and its comment', () =>
  check('yaml', yaml, ['db.host', 'new host'], yaml.replace('"old"', '"new host"')));
test('a number stays a number', () =>
  check('yaml', yaml, ['db.port', '5433'], yaml.replace('5432', '5433')));
test('a boolean stays one', () =>
  check('yaml', yaml, ['db.tls', 'true'], yaml.replace('false', 'true')));
test('an item of a list', () =>
  check('yaml', yaml, ['db.pools.1', '3'], yaml.replace('1,  2', '1,  3')));
test('JSON keeps its layout', () =>
  check('json', '{"a":  {"b":"x"},\n "c": 1}', ['a.b', 'y"z'], '{"a":  {"b":"y\\"z"},\n "c": 1}'));
test('a plain word that would read as another type is quoted', () =>
  check('yaml', 'a: word\n', ['a', 'true'], 'a: "true"\n'));
test('an env file keeps export, quotes and comments', () =>
  check('env', "# x\nexport A='1' # one\nB=2\n", ['A', 'new'], "# x\nexport A='new' # one\nB=2\n"));
test('the last of two lines counts', () => check('env', 'A=1\nA=2\n', ['A', '3'], 'A=1\nA=3\n'));
test('a value with spaces gets quotes', () =>
  check('env', 'A=1\n', ['A', 'two words'], "A='two words'\n"));

test('what is not there is not added', () => {
  refuse('yaml', yaml, 'db.name');
  refuse('yaml', yaml, 'db');
  refuse('env', 'A=1\n', 'B');
});
test('text in place of a number is refused', () => refuse('yaml', yaml, 'db.port', 'many'));
test('what is shared or spread over lines is left to people', () => {
  refuse('yaml', yaml, 'other');
  refuse('yaml', yaml, 'again');
  refuse('yaml', yaml, 'db.motto');
  refuse('env', 'A="open\nend"\n', 'A');
});
test('a broken file is not edited', () => refuse('json', '{"a": ', 'a'));

test('whatever the value, only it changes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30, unit: 'binary' }), (value) => {
      const edited = editValue('x: 1\na: "old"\nb: [1, 2]\n', 'yaml', 'a', value);
      if (!edited.ok) return;
      expect(parse(edited.text)).toEqual({ x: 1, a: value, b: [1, 2] });
    }),
  );
});

test('formats go by the name', () => {
  expect(['a/x.yml', 'b.JSON', '.env.local', 'prod.env', 'c.toml'].map(formatOf)).toEqual([
    'yaml',
    'json',
    'env',
    'env',
    null,
  ]);
});
