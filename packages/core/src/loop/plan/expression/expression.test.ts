import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allFacts } from '../facts/all.ts';
import { checkExpression } from './check.ts';
import { callsOf, evaluate } from './evaluate.ts';
import { context, scope } from './expression.contract.ts';
import type { Value } from './expression.ts';
import { parseExpression } from './parse.ts';
import { factKey } from './scope.ts';
import type { ValueType } from './value-type.ts';

const parsed = (text: string) => {
  const expression = parseExpression(text);
  if ('error' in expression)
    throw new RangeError(`${expression.error.at}: ${expression.error.message}`);
  return expression;
};
const value = (text: string, answers: Readonly<Record<string, Value>> = {}) =>
  evaluate(parsed(text), context(answers));
const check = (expected: Readonly<Record<string, Value>>) => {
  for (const [text, wanted] of Object.entries(expected))
    expect([text, value(text)]).toEqual([text, wanted]);
};
const fault = (text: string) => {
  const expression = parseExpression(text);
  return 'error' in expression ? expression.error : null;
};
const problem = (text: string, wanted: ValueType = 'any') => {
  const [first] = checkExpression(parsed(text), scope, wanted);
  return first === undefined ? null : `${first.from}-${first.to}: ${first.message}`;
};

test('arithmetic, precedence and units', () =>
  check({
    '1 + 2 * 3': 7,
    '(1 + 2) * 3': 9,
    '10 - 2 - 3': 5,
    '-2 * -3': 6,
    '1m30s + 500ms': 90_500,
    '2h / 30m': 4,
    '20MB': 20_000_000,
    '1GiB': 1_073_741_824,
    '5%': 0.05,
    "'a' + ':' + 80": 'a:80',
    '1 / 0': null,
    '0 / 0': null,
  }));
test('logic, comparisons, lists', () =>
  check({
    'true and not false or false': true,
    'not 1 == 2': true,
    '1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3 and 1 != 2': true,
    "'b' in ['a', 'b'] and 'c' not in ['a', 'b']": true,
    '[1, [2]] == [1, [2]]': true,
    "'Connect ECONNREFUSED x' ~ 'econn(refused|reset)'": true,
    "'a' ~ '^b'": false,
    'any(x in [1, 2]: x > 1)': true,
    'all(x in [1, 2]: x > 1)': false,
    'all(x in []: x > 1)': true,
    'any(x in [1]: any(x in [2]: x == 2) and x == 1)': true,
  }));
test('what is not known spreads, and comparisons with it are false', () =>
  check({
    'nothing + 1': null,
    'nothing.at.all': null,
    'nothing == nothing': false,
    'nothing != 1': false,
    'not (nothing == 1)': true,
    'not nothing': null,
    'nothing and false': false,
    'nothing and true': null,
    'nothing or true': true,
    'any(x in nothing: x)': null,
    'any(x in [nothing]: x)': null,
    'otherwise(nothing, 5) + 1': 6,
    'known(nothing)': false,
    'true + 1': null,
    "'a' < 'b'": false,
  }));
test('nothing of JavaScript shines through', () =>
  check({
    'params.constructor': null,
    'params.__proto__': null,
    toString: null,
    "'x'.length": null,
    '[1].length': null,
  }));

test('questions to the shell are told apart from answers', () => {
  const text = "tcp_connect(target).ok or db_ping(resolve('h').address).ok";
  const first = callsOf(parsed(text), context());
  expect(first).toEqual([
    { name: 'tcp_connect', args: ['db', 1_000] },
    { name: 'resolve', args: ['h'] },
  ]);
  const answers = {
    [factKey(first[0]!)]: { ok: false },
    [factKey(first[1]!)]: { address: '10.0.0.1' },
  };
  const second = callsOf(parsed(text), context(answers));
  expect(second).toEqual([{ name: 'db_ping', args: ['10.0.0.1', 2_000] }]);
  expect(value(text, answers)).toBe(null);
  expect(value(text, { ...answers, [factKey(second[0]!)]: { ok: true } })).toBe(true);
});
test('what is decided already asks nothing', () => {
  expect(callsOf(parsed('false and tcp_connect(target).ok'), context())).toEqual([]);
  expect(callsOf(parsed('tcp_connect(nothing).ok'), context())).toEqual([]);
});

test('slips are told with their place', () => {
  expect(fault('a && b')).toEqual({ at: 2, message: '`&&` is not known here; write `and`' });
  expect(fault('a = 1')).toEqual({ at: 2, message: '`=` is not known here; write `==`' });
  expect(fault('1 < 2 < 3')).toMatchObject({
    at: 6,
    message: expect.stringMatching(/do not chain/),
  });
  expect(fault('ready(target')).toMatchObject({ at: 12 });
  expect(fault("'open")).toMatchObject({ at: 0 });
  expect(fault('10 parsecs')).toMatchObject({ at: 3 });
  expect(fault('10parsecs')).toMatchObject({ at: 2 });
  expect(fault('')).toMatchObject({ at: 0 });
  expect(fault('${port} == 1')).toMatchObject({
    at: 0,
    message: expect.stringMatching(/names stand alone/),
  });
  expect(fault('any(x: y)')).toMatchObject({ at: 5 });
  expect(fault('('.repeat(100) + '1')).toMatchObject({
    message: expect.stringMatching(/64 levels/),
  });
  expect(fault('1' + ' + 1'.repeat(100))).toMatchObject({
    message: expect.stringMatching(/64 levels/),
  });
  expect(fault('1'.repeat(2_001))).toMatchObject({ at: 2_000 });
});

test('types are told with their place', () => {
  expect(problem("uptime(target) > '5'")).toBe('0-20: a duration is compared with a text');
  expect(problem('uptime(target) > 5')).toMatch(/^0-18: .*give the number a unit$/);
  expect(problem('uptime(target) > 0')).toBe(null);
  expect(problem('20MB < 5s')).toMatch(/a size is compared with a duration/);
  expect(problem('1 == null')).toMatch(/known/);
  expect(problem('tcp_connect(target)', 'boolean')).toMatch(/did you mean `.ok`/);
  expect(problem('tcp_connect(target).okay')).toMatch(/there is ok, error, ms/);
  expect(problem('not uptime(target)')).toMatch(/a condition is wanted/);
  expect(problem('targt == 1')).toMatch(/`targt` is not known/);
  expect(problem('redy(target)')).toMatch(/no fact `redy`/);
  expect(problem('ready()')).toMatch(/write `ready\(service\)`/);
  expect(problem('ready(5)')).toMatch(/`service` of `ready` is a text, this is a number/);
  expect(problem("log_seen(target, '(a')")).toMatch(/^17-21: this pattern/);
  expect(problem("target ~ '(?=a)'")).toMatch(/this pattern/);
  expect(problem("changed(target, 'deploi')")).toMatch(/knows no `deploi`/);
  expect(problem("metric(target, 'rss_bytes') < 5s")).toMatch(/a size is compared/);
  expect(problem('1 in 2')).toMatch(/needs a list/);
  expect(problem("1 in ['a']")).toMatch(/never in/);
  expect(problem('5s * 5s')).toMatch(/multiplied/);
  expect(problem('now + now')).toMatch(/added/);
  expect(problem('now - run.age')).toBe(null);
  expect(problem('risk >= high and confidence < 80%', 'boolean')).toBe(null);
  expect(problem('any(s in dependants(target): ready(s))', 'boolean')).toBe(null);
  expect(problem('any(s in dependants(target): s > 1)', 'boolean')).toMatch(/a text is compared/);
});
test('an unknown word comes with the known ones', () => {
  const [first] = checkExpression(parsed('redy(target)'), scope);
  expect(first?.unknown?.known).toContain('ready');
});
test('every example of a fact is right', () => {
  for (const { example } of allFacts.values())
    expect([example, problem(example, 'any')]).toEqual([example, null]);
});

const words =
  'and or not in any( all( ( ) [ ] , : . == < ~ + - * / 1 5s 3MB 7% target params x null ' +
  'true ready(target) dependants(target) tcp_connect(target).ok nothing $ && "b(c" \'a\'';
const noise = fc
  .array(fc.constantFrom(...words.split(' ')), { maxLength: 25 })
  .map((parts) => parts.join(' '));
const mutated = fc
  .tuple(
    fc.constantFrom(...[...allFacts.values()].map(({ example }) => example)),
    fc.nat(),
    fc.string(),
  )
  .map(([text, at, inserted]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + inserted.slice(0, 4) + text.slice(place + (inserted.length % 3));
  });
const sloppy = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), noise, mutated);

test('1,000 random texts are read and decided, or refused inside the text', () => {
  let readable = 0;
  fc.assert(
    fc.property(sloppy, (text) => {
      const expression = parseExpression(text);
      if ('error' in expression) {
        expect(expression.error.at).toBeGreaterThanOrEqual(0);
        expect(expression.error.at).toBeLessThanOrEqual(text.length);
        expect(expression.error.message).not.toBe('');
        return;
      }
      readable += 1;
      for (const { from, to } of checkExpression(expression, scope)) {
        expect(from).toBeLessThanOrEqual(to);
        expect(to).toBeLessThanOrEqual(text.length);
      }
      const asked = callsOf(expression, context());
      const answers = Object.fromEntries(asked.map((call) => [factKey(call), { ok: true }]));
      expect(JSON.stringify(evaluate(expression, context(answers)))).toBeTypeOf('string');
    }),
    { numRuns: 3_000, seed: 42 },
  );
  expect(readable).toBeGreaterThan(300);
});
test('work is bounded however often lists are walked', () => {
  const list = `[${'1, '.repeat(400)}1]`;
  const beganMs = performance.now();
  const text = `any(a in ${list}: any(b in x: any(c in x: any(d in x: a + b + c + d < 0))))`;
  const wide = context();
  const names = { ...wide.names, x: Array.from({ length: 1_000 }, (_, n) => n) };
  expect(evaluate(parsed(text), { ...wide, names })).toBe(null);
  expect(performance.now() - beganMs).toBeLessThan(100);
});
