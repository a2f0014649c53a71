import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interpolate } from './interpolate.ts';

const values: Readonly<Record<string, string>> = { A: 'one', B: 'two', EMPTY: '' };
const lookup = (name: string) => values[name];
const check = (text: string, expected: string) =>
  expect(interpolate(text, lookup)).toMatchObject({ text: expected, faults: [] });
const fault = (text: string, expected: object) =>
  expect(interpolate(text, lookup).faults).toMatchObject([expected]);

test('a name is replaced, with and without braces', () => check('$A-${B}!', 'one-two!'));
test('two dollar signs are one', () => check('$$A costs 5$$', '$A costs 5$'));
test('`:-` stands in for unset and empty', () => check('${X:-d} ${EMPTY:-d} ${A:-d}', 'd d one'));
test('`-` stands in for unset only', () => check('${X-d}[${EMPTY-d}]', 'd[]'));
test('`:+` replaces what is set and not empty', () => check('${A:+y}${EMPTY:+n}${X:+n}', 'y'));
test('`+` replaces what is set', () => check('${A+y}${EMPTY+y}${X+n}', 'yy'));
test('defaults may hold variables', () => check('${X:-${Y:-$A/${B}}}', 'one/two'));
test('a default may be empty and hold signs', () => check('${X:-}${X:-a:b-c?d}', 'a:b-c?d'));
test('an unset name becomes empty and is told', () => {
  expect(interpolate('[$X]', lookup)).toEqual({ text: '[]', faults: [], unset: ['X'] });
});
test('a branch that is not taken neither fails nor warns', () => {
  expect(interpolate('${A:-${X:?no}$Y}', lookup)).toEqual({ text: 'one', faults: [], unset: [] });
});
test('`:?` fails when empty, with its words', () =>
  fault('a ${EMPTY:?say it}', {
    kind: 'required',
    at: 2,
    length: 16,
    message: 'EMPTY is empty: say it',
  }));
test('`?` lets an empty value pass', () => check('[${EMPTY?no}]', '[]'));
test('`?` fails when unset', () => fault('${X?}', { kind: 'required', message: 'X is not set' }));
test('a brace that is not closed is told', () => fault('x${A', { kind: 'syntax', at: 1 }));
test('a default that is not closed is told', () => fault('x${A:-b', { kind: 'syntax', at: 1 }));
test('a dollar sign alone is told', () => fault('5 $ each', { kind: 'syntax', at: 2, length: 1 }));
test('a name cannot start with a digit', () => fault('${1A}', { kind: 'syntax' }));
test('an unknown sign is told', () => fault('${A!b}', { kind: 'syntax' }));
test('nesting is bounded', () => {
  const deep = `${'${X:-'.repeat(40)}x${'}'.repeat(40)}`;
  expect(interpolate(deep, lookup).faults.length).toBeGreaterThan(0);
});

test('any text survives when its dollar signs are doubled', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const doubled = text.replaceAll('$', '$$$$');
      expect(interpolate(doubled, lookup)).toEqual({ text, faults: [], unset: [] });
    }),
  );
});
test('any text ends, and its faults lie inside it', () => {
  const piece = fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'A', 'X', ' ', '$$', '${A:-');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      for (const { at, length } of interpolate(text, lookup).faults) {
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at + length).toBeLessThanOrEqual(text.length);
      }
    }),
  );
});
