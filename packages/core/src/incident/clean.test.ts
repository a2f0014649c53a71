import { deepStrictEqual as deepEqual } from 'node:assert';
import { test } from 'vitest';
import type { Stack } from '../stack/service.ts';
import { cleanerOf } from './clean.ts';
import { freeze } from './frozen.ts';

const environment = {
  DB_PASSWORD: 'correct-horse',
  DATABASE_URL: 'postgres://app:sw0rdfish@127.0.0.1:5432/shop?sslpassword=q',
  MODE: 'production',
  REDIS_HOST: 'cache.local',
  REDIS_PORT: '6379',
  SIGNING: 'f3a9c1d27b604e58aa21',
  EMPTY: '',
};
const stack = { services: [{ environment }] } as unknown as Stack;
const check = (value: unknown, expected: unknown): void =>
  deepEqual(freeze(value, cleanerOf(stack)), expected);

test('of an environment only addresses stay', () =>
  check(
    { environment },
    {
      environment: {
        DB_PASSWORD: '***',
        DATABASE_URL: 'postgres://127.0.0.1:5432',
        MODE: '***',
        REDIS_HOST: 'cache.local',
        REDIS_PORT: '6379',
        SIGNING: '***',
        EMPTY: '',
      },
    },
  ));
test('a secret of the environment is masked wherever else it stands', () => {
  check({ line: 'login with correct-horse failed' }, { line: 'login with *** failed' });
  check({ lines: ['key f3a9c1d27b604e58aa21 is bad'] }, { lines: ['key *** is bad'] });
  check({ detail: 'sw0rdfish' }, { detail: '***' });
  check({ line: 'in production' }, { line: 'in production' });
});
test('what varies in a template stays, so that its lines go on to fit', () =>
  check(['login password=<*>', 'password=x <*>'], ['login password=<*>', 'password=*** <*>']));
test('secret fields and options are masked, names of runs are not', () => {
  check(
    { headers: { authorization: 'x' }, apiKey: 'y' },
    { headers: { authorization: '***' }, apiKey: '***' },
  );
  check({ command: ['run', '--token', 'abc', 'x'] }, { command: ['run', '--token', '***', 'x'] });
  check({ view: { token: 't-7', lastToken: 't-6' } }, { view: { token: 't-7', lastToken: 't-6' } });
  check({ autonomyOf: { 'auth-api': 'safe' } }, { autonomyOf: { 'auth-api': 'safe' } });
});
