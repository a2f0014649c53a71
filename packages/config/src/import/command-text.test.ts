import { expect, test } from 'vitest';
import { shellCommand, splitPrefix } from './command-text.ts';

test.each([
  ['node a.js --name "a b"', 'node a.js --name "a b"'],
  ['exec node a.js', 'node a.js'],
  ['node a.js -p $PORT', 'node a.js -p $PORT'],
  ['a | b', 'a | b'],
  ['cat *.log', ['/bin/sh', '-c', 'cat *.log']],
  ['cat "*.log"', 'cat "*.log"'],
  ['A=1 a && b', ['/bin/sh', '-c', 'A=1 a && b']],
  ['a\nb', ['/bin/sh', '-c', 'a\nb']],
  ['say "open', ['/bin/sh', '-c', 'say "open']],
])('%s', (text, expected) => expect(shellCommand(text)).toEqual(expected));

test.each([
  ['PORT=1 A="b c" x y', { PORT: '1', A: 'b c' }, 'x y'],
  ['env PORT=1 x', { PORT: '1' }, 'x'],
  ['PORT=$OTHER x', {}, 'PORT=$OTHER x'],
  ['PORT=1 x && y', {}, 'PORT=1 x && y'],
  ['x PORT=1', {}, 'x PORT=1'],
])('variables before %s', (text, environment, command) =>
  expect(splitPrefix(text)).toEqual({ environment, command }),
);
