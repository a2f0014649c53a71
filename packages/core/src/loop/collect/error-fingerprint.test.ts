/** The same error has the same fingerprint, however its numbers and lines move. */
import { expect, test } from 'vitest';
import { errorFingerprint } from './error-fingerprint.ts';

const at = (line: number, name = 'load'): string =>
  `TypeError: no user 17\n    at ${name} (/srv/shop/api/server.js:${line}:3)\n    at node:internal/x:1:2`;
const of = (message: string, stack: string | null = null, service: string | null = 'api') =>
  errorFingerprint({ message, stack, service });

test('numbers, ids and lines do not tell errors apart', () => {
  expect(of('no user 17')).toBe(of('no user 23'));
  expect(of('no user 17', at(10))).toBe(of('no user 18', at(90)));
  expect(of('x')).toMatch(/^[0-9a-f]{16}$/);
});
test('type, place, wording and service do', () => {
  const base = of('no user 17', at(10));
  expect(of('no user 17', at(10, 'save'))).not.toBe(base);
  expect(of('no order 17', at(10))).not.toBe(base);
  expect(of('no user 17', at(10), 'web')).not.toBe(base);
  expect(of('no user 17')).not.toBe(base);
});
