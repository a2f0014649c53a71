import { expect, test } from 'vitest';
import { hookName } from './hook.ts';

const check = (command: readonly string[], name: string) =>
  expect(hookName({ command })).toBe(name);

test('a program is called by its name', () => check(['./bin/migrate.sh', '--all'], 'migrate.sh'));
test('so is the first of a script', () =>
  check(['/bin/sh', '-c', 'exec ./seed.py && rm x'], 'seed.py'));
test('what may hold a secret is not quoted', () => {
  check(['sh', '-c', 'TOKEN=abc curl x'], 'a shell command');
  check(['sh', '-c', '"$HOOK" x'], 'a shell command');
  check([], 'a shell command');
});
