import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkStack } from './load-stack.ts';
import { showStack } from './show-stack.ts';
import { stackFolders } from './testing/stack-folder.ts';

const { folder, remove } = stackFolders();
afterAll(remove);

function read(top: string, grants: string, more: Readonly<Record<string, string>> = {}) {
  const text = `secrets: ${top}\nservices: {api: {command: x, secrets: ${grants}}}\n`;
  const dir = folder({ 'fettle.yaml': text, ...more });
  return { dir, ...checkStack({ dir, env: { PW: 'from shell' }, runCommands: true }) };
}

test('a variable of the shell is given as a variable', () => {
  const { stack } = read('{db: {environment: PW}}', '[{source: db, env: DB_PW}]');
  expect(stack?.services[0]).toMatchObject({
    environment: { DB_PW: 'from shell' },
    given: [{ name: 'db', secret: true, env: 'DB_PW', path: null, secretText: 'from shell' }],
  });
});
test('by its name alone it is a file of its own', () => {
  const { dir, stack } = read('{db-pw: {command: "echo one two"}}', '[db-pw]');
  const path = join(dir, '.fettle/secrets/api/db-pw');
  expect(stack?.services[0]).toMatchObject({
    environment: { DB_PW_FILE: path },
    given: [{ path, mode: 0o600, secretText: 'one two' }],
  });
});
test('a file is read where it is, unless something else is asked for', () => {
  expect(read('{k: k.txt}', '[k]', { 'k.txt': 'x' }).stack?.services[0]).not.toHaveProperty(
    'given',
  );
  const { dir, stack } = read('{k: k.txt}', '[{source: k, path: out/k, mode: "0440"}]', {
    'k.txt': 'x',
  });
  expect(stack?.services[0]?.given).toMatchObject([
    { path: join(dir, 'out/k'), from: join(dir, 'k.txt'), mode: 0o440, secretText: null },
  ]);
});
test('who only looks asks for nothing', () => {
  const dir = folder({
    'fettle.yaml':
      'secrets: {a: {command: "false"}, b: {environment: NONE}}\nservices: {api: {command: x, secrets: [a, b]}}\n',
  });
  const { stack, problems } = checkStack({ dir, env: {} });
  expect(problems).toEqual([]);
  expect(stack?.services[0]?.given?.map(({ secretText }) => secretText)).toEqual(['***', '***']);
});

const refused =
  (top: string, message: string, grants = '[db]') =>
  () =>
    expect(read(top, grants).problems.map((one) => one.message)).toEqual([
      expect.stringContaining(message),
    ]);
test('a command that fails is told', refused('{db: {command: "false"}}', 'ended with exit 1'));
test('one that says nothing is', refused('{db: {command: "true"}}', 'printed nothing'));
test('one that is not there is', refused('{db: {command: nosuch}}', 'cannot be run: ENOENT'));
test('an open quote is', refused(`{db: {command: "'x"}}`, 'never closed'));
test('a variable that is not set is', refused('{db: {environment: NONE}}', 'NONE is not set'));
test(
  'a file that cannot be read is',
  refused('{db: {file: nofile}}', 'nofile cannot be read', '[{source: db, env: DB}]'),
);
test(
  'two sources are one too many',
  refused('{db: {environment: PW, command: x}}', 'more than one source: environment, command'),
);
test('what is shown masked holds none, what is shown open reads back to the same', () => {
  const { stack } = read('{db: {environment: PW}}', '[{source: db, env: DB_PW}]');
  expect(showStack(stack!)).not.toContain('from shell');
  const again = folder({ 'fettle.yaml': showStack(stack!, { secrets: 'shown' }) });
  const { given, environment } = checkStack({ dir: again, env: {}, runCommands: true }).stack!
    .services[0]!;
  expect({ given, environment }).toEqual({
    given: stack?.services[0]?.given,
    environment: { DB_PW: 'from shell' },
  });
});
