import { expect, test } from 'vitest';
import { isSecretName, redactArguments, redactLine, redactText, redactValue } from './redact.ts';

test('secret names are known in every spelling', () => {
  for (const name of [
    'DB_PASSWORD',
    'apiKey',
    'API_KEY',
    'github_token',
    'SECRET',
    'AWS_SECRET_ACCESS_KEY',
    'SENTRY_DSN',
    'PGPASSWORD',
  ])
    expect([name, isSecretName(name)]).toEqual([name, true]);
});
test('harmless names stay readable', () => {
  for (const name of [
    'PORT',
    'NODE_ENV',
    'TOKEN_TTL',
    'AUTHOR',
    'PASSWORD_FILE',
    'MONKEY',
    'AUTH_URL',
  ])
    expect([name, isSecretName(name)]).toEqual([name, false]);
});
test('passwords in addresses and tokens of known shape are masked', () => {
  expect(redactText('postgres://me:hunter2@db/x')).toBe('postgres://me:***@db/x');
  expect(redactText(`key ghp_${'a'.repeat(36)} end`)).toBe('key *** end');
});
test('values go by their name', () => {
  expect(redactValue('DB_PASSWORD', 'x')).toBe('***');
  expect(redactValue('DB_PASSWORD', '')).toBe('');
  expect(redactValue('NAME', 'x')).toBe('x');
});
test('options that carry secrets are masked', () => {
  expect(redactArguments(['a', '--token', 'x', '--api-key=y', '--port', '1'])).toEqual([
    'a',
    '--token',
    '***',
    '--api-key=***',
    '--port',
    '1',
  ]);
});
test('a line keeps its columns', () => {
  expect(redactLine('    DB_PASSWORD: abc')).toBe('    DB_PASSWORD: ***');
  expect(redactLine('  - TOKEN=abcd')).toBe('  - TOKEN=****');
  expect(redactLine('  env: {A: 1, API_KEY: [abc], B: 2}')).toBe(
    '  env: {A: 1, API_KEY: *****, B: 2}',
  );
  expect(redactLine('  TOKEN: ${TOKEN}')).toBe('  TOKEN: ${TOKEN}');
  expect(redactLine('  port: 8000')).toBe('  port: 8000');
});
