import { deepEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { renderTemplate, type Rendered } from './template.ts';

const environment = { PORT: '8001', EMPTY: '' };
const check = (text: string, expected: Rendered): void =>
  deepEqual(renderTemplate(text, environment), expected);
const clean = (text: string): Rendered => ({ text, missing: [] });

test('a variable is filled in', () => check('listen ${PORT};', clean('listen 8001;')));
test('a default serves where the variable is absent', () =>
  check('${HOST:-0.0.0.0}:${PORT:-1}', clean('0.0.0.0:8001')));
test('an empty variable takes the default after `:-` and stays empty after `-`', () =>
  check('[${EMPTY:-x}][${EMPTY-x}][${EMPTY}]', clean('[x][][]')));
test('a missing variable is named once and left in place', () =>
  check('${A} ${A} ${B}', { text: '${A} ${A} ${B}', missing: ['A', 'B'] }));
test('unbraced dollars and other braces stay', () =>
  check('$host $1 ${1} {PORT}', clean('$host $1 ${1} {PORT}')));
test('a doubled dollar is an escape', () => check('$${PORT}', clean('${PORT}')));
test('names of object members are no variables', () =>
  check('${constructor}', { text: '${constructor}', missing: ['constructor'] }));
test('an alternative stands where the variable is set', () =>
  check('[${PORT:+yes}][${EMPTY:+yes}][${EMPTY+yes}][${NONE+yes}]', clean('[yes][][yes][]')));
test('a required variable says what it is for', () =>
  check('${KEY:?the key of the shop}', {
    text: '${KEY:?the key of the shop}',
    missing: ['KEY (the key of the shop)'],
  }));
test('operators are nested', () => check('${NONE:-${PORT:+port ${PORT}}}', clean('port 8001')));
test('what is never closed stays', () =>
  check('a ${PORT b ${PORT:-c', clean('a ${PORT b ${PORT:-c')));
