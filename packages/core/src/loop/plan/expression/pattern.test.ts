import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern } from './pattern.ts';

const found = (pattern: string, text: string) => {
  const compiled = compilePattern(pattern);
  if (typeof compiled !== 'function') throw new RangeError(compiled.error.message);
  return compiled(text);
};
const check = (pattern: string, yes: readonly string[], no: readonly string[]) => {
  for (const text of yes)
    expect([pattern, text, found(pattern, text)]).toEqual([pattern, text, true]);
  for (const text of no)
    expect([pattern, text, found(pattern, text)]).toEqual([pattern, text, false]);
};
const fault = (pattern: string) => {
  const compiled = compilePattern(pattern);
  return typeof compiled === 'function' ? null : compiled.error;
};

test('plain text is found anywhere, in either case', () =>
  check('econnrefused', ['connect ECONNREFUSED 127.0.0.1:1'], ['connect refused']));
test('alternatives', () =>
  check('(too many|db (connect|query) timeout)', ['a db query timeout'], ['db x timeout']));
test('classes, counts and anchors', () => {
  check('^exit \\d{2,3}$', ['exit 78', 'EXIT 137'], ['exit 7', 'exit 1377', 'x exit 78']);
  check('[a-c_-]+x', ['abc_-x'], ['dx', 'x']);
  check('[^ ]+@', ['a@'], [' @']);
  check('\\bcat\\b', ['a cat!'], ['concat']);
  check('a.?b', ['ab', 'axb'], ['axxb']);
  check('(ab){2}c', ['ababc'], ['abc']);
  check('x{0,1}|', ['', 'y'], []);
});
test('what cannot be linear is refused with its place', () => {
  expect(fault('a(?=b)')).toMatchObject({ at: 1 });
  expect(fault('(a)\\1')).toMatchObject({ at: 3 });
  expect(fault('a**')).toMatchObject({ at: 2 });
  expect(fault('(a')).toMatchObject({ at: 0 });
  expect(fault('a)')).toMatchObject({ at: 1 });
  expect(fault('[a')).toMatchObject({ at: 0 });
  expect(fault('((a{100}){100}){100}')?.message).toMatch(/too many/);
});

test('nested repetitions on a hostile line take no time', () => {
  const beganMs = performance.now();
  check('(a+)+b', [], ['a'.repeat(600)]);
  check('(a|aa)*(a|aa)*c', [], ['a'.repeat(600)]);
  expect(performance.now() - beganMs).toBeLessThan(200);
});

const piece = fc.constantFrom(
  'a',
  'b',
  '.',
  'a?',
  'b*',
  '[ab]',
  '(a|b)',
  '(ab|b)+',
  '^',
  '$',
  'a{1,2}',
);
test('agrees with the built-in engine', () => {
  const pattern = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
  fc.assert(
    fc.property(pattern, text, (source, searched) => {
      expect(found(source, searched)).toBe(new RegExp(source).test(searched));
    }),
    { numRuns: 2_000 },
  );
});
test('any text at all is a pattern or is refused inside it', () => {
  const sign = fc.constantFrom(...'ab(|)[]{}*+?\\^$.,-10'.split(''));
  fc.assert(
    fc.property(fc.string({ unit: sign, maxLength: 30 }), fc.string(), (source, searched) => {
      const compiled = compilePattern(source);
      if (typeof compiled === 'function') compiled(searched);
      else expect(compiled.error.at).toBeLessThanOrEqual(source.length);
    }),
    { numRuns: 2_000 },
  );
});
