import { expect, test } from 'vitest';
import { serviceOf, stackOf } from '../../supervise/stage.ts';
import { concealing, secretsOf } from './known-secrets.ts';

const given = { name: 'x', secret: true, env: null, path: null, mode: 0o600, from: null };
const stack = stackOf([
  serviceOf('api', {
    given: [
      { ...given, secretText: 'calm "sea"' },
      { ...given, secretText: 'first line\nsecond line' },
      { ...given, secretText: 'short' },
      { ...given, secret: false, secretText: 'a plain config' },
    ],
  }),
]);
const check = (text: string, expected: string) =>
  expect(concealing(secretsOf(stack))(text)).toBe(expected);

test('a secret is masked as it stands, in JSON and in an address', () => {
  check('got calm "sea" today', 'got *** today');
  check('{"k":"calm \\"sea\\""}', '{"k":"***"}');
  check('/?k=calm%20%22sea%22', '/?k=***');
});
test('each line of a longer one is', () => check('x second line y', 'x *** y'));
test('words and configs are left', () => check('short a plain config', 'short a plain config'));
test('a stack without secrets masks nothing', () =>
  expect(concealing(secretsOf(null))('calm')).toBe('calm'));
