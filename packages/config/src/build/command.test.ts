import fc from 'fast-check';
import { expect, test } from 'vitest';
import { argvOf, joinCommand, splitWords } from './command.ts';

const check = (text: string, ...argv: readonly string[]) =>
  expect(argvOf(text)).toEqual({ kind: 'argv', argv });
const shell = (text: string, line = text) => check(text, '/bin/sh', '-c', line);

test('words are split at blanks and lines', () =>
  check(' node  a.js\n --x ', 'node', 'a.js', '--x'));
test('quotes keep blanks and may be empty', () =>
  check(`a 'b c' "d \\"e" f""g ''`, 'a', 'b c', 'd "e', 'fg', ''));
test('a backslash keeps the next sign and joins lines', () =>
  check('a b\\ c \\\n d', 'a', 'b c', 'd'));
test('signs inside quotes need no shell', () =>
  check(`echo 'a && b' "x | y"`, 'echo', 'a && b', 'x | y'));
test('stars stay as they are, as in Compose', () => check('ls *.js a?b', 'ls', '*.js', 'a?b'));
test('operators run through a shell', () => {
  for (const text of ['a && b', 'a | b', 'a; b', 'a > out', '(a)', 'a &', 'echo `id`']) shell(text);
});
test('a variable alone runs through exec, so that the process is the one watched', () => {
  shell('node a.js --port $PORT', 'exec node a.js --port $PORT');
  shell('node "a ${X}"', 'exec node "a ${X}"');
});
test('exec is left out where it would break the line', () => {
  shell('A=$B node a.js');
  shell('cd $DIR');
});
test('a shell of its own keeps its variables', () =>
  check('sh -c "echo $X"', 'sh', '-c', 'echo $X'));
test('single quotes hide a variable', () => check("echo '$X'", 'echo', '$X'));
test('a dollar sign that names nothing needs no shell', () => check('echo 5$', 'echo', '5$'));
test('an open quote and an empty command are faults', () => {
  expect(argvOf('node "a').kind).toBe('fault');
  expect(argvOf('  ').kind).toBe('fault');
  expect(joinCommand(null, { kind: 'list', words: [] }).kind).toBe('fault');
  expect(joinCommand(null, null).kind).toBe('fault');
});
test('entrypoint stands before command', () => {
  const entrypoint = { kind: 'text', text: 'node --trace' } as const;
  expect(joinCommand(entrypoint, { kind: 'text', text: 'a.js "b c"' })).toEqual({
    kind: 'argv',
    argv: ['node', '--trace', 'a.js', 'b c'],
  });
  expect(joinCommand(entrypoint, { kind: 'list', words: ['x y'] })).toMatchObject({
    argv: ['node', '--trace', 'x y'],
  });
  expect(joinCommand({ kind: 'list', words: [] }, { kind: 'text', text: 'a' })).toMatchObject({
    argv: ['a'],
  });
});

test('any words in single quotes come back', () => {
  const word = fc.string().filter((text) => !text.includes("'"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const split = splitWords(words.map((one) => `'${one}'`).join(' '));
      expect(split).toEqual({ words, shell: null, unclosed: null });
    }),
  );
});
