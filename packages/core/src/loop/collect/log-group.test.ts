import { deepEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { continues, newGroup } from './log-group.ts';

/** Lines marked with `+` belong to the one before. */
const check = (marked: readonly string[]) => {
  const group = newGroup();
  const found = marked.map((each) => {
    const line = each.slice(1);
    const level = /error/i.test(line) ? 5 : 0;
    return `${continues(group, line, level) ? '+' : '-'}${line}`;
  });
  deepEqual(found, marked);
};

test('indented lines belong to the one above', () =>
  check(['-Error: x', '+    at f (a.js:1)', '+  [cause]: y', '+}', '-next']));
test('an indented first line stands alone', () => check(['-  x', '+  y', '-z']));
test('a traceback ends with its exception', () =>
  check(['-Traceback (most recent call last):', '+  File "a.py"', '+ValueError: x', '-INFO y']));
test('a traceback follows the error that tells of it', () =>
  check(['-ERROR no', '+Traceback (most recent call last):', '+  File', '+KeyError: x', '-y']));
test('chained tracebacks are one', () =>
  check([
    '-Traceback (most recent call last):',
    '+  File "a.py"',
    '+KeyError: x',
    '+',
    '+During handling of the above exception, another exception occurred:',
    '+',
    '+Traceback (most recent call last):',
    '+  File "b.py"',
    '+ValueError: y',
    '-on',
  ]));
test('Java causes are joined', () =>
  check(['-a.B: error', '+\tat a.B.c(B.java:1)', '+Caused by: d.E: f', '+\tat x', '-y']));
test('an endless indented text is not one message', () => {
  const group = newGroup();
  let heads = 0;
  for (let n = 0; n < 1_001; n++) if (!continues(group, '  x', 0)) heads++;
  deepEqual(heads, 3);
});
