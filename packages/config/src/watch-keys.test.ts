import { afterAll, expect, test } from 'vitest';
import { join } from 'node:path';
import { checkStack } from './load-stack.ts';
import { showStack } from './show-stack.ts';
import { stackFolders } from './testing/stack-folder.ts';

const { folder, remove } = stackFolders();
afterAll(remove);

function read(service: string) {
  const dir = folder({
    'fettle.yaml': `services:\n  api:\n    command: a\n${service}`,
    'src/a': '',
  });
  return { dir, ...checkStack({ dir, env: {} }) };
}

const plain = { ignore: [], action: 'restart', debounceMs: 300 };

test('true means the working folder', () => {
  const { dir, stack } = read('    working_dir: src\n    watch: true');
  expect(stack?.services[0]?.watch).toEqual([{ ...plain, paths: [join(dir, 'src')] }]);
});
test('false means none', () =>
  expect(read('    watch: false').stack?.services[0]).not.toHaveProperty('watch'));
test('paths of a list are one rule, mappings are their own', () => {
  const { dir, stack } = read(
    '    watch: [src, {paths: src/a, action: none, debounce: 2s}, fettle.yaml]',
  );
  expect(stack?.services[0]?.watch).toEqual([
    { ...plain, paths: [join(dir, 'src'), join(dir, 'fettle.yaml')] },
    { paths: [join(dir, 'src/a')], ignore: [], action: 'none', debounceMs: 2_000 },
  ]);
});
test('what is shown reads back to the same', () => {
  const { stack } = read('    watch: {paths: src, ignore: ["*.tmp"], action: reload}');
  const again = checkStack({ dir: folder({ 'fettle.yaml': showStack(stack!) }), env: {} });
  expect(again.stack?.services[0]?.watch).toEqual(stack?.services[0]?.watch);
});
test('a path that is not there yet is a warning, a wrong word an error', () => {
  expect(read('    watch: nowhere').warnings.map(({ code }) => code)).toEqual(['W-CONFIG-WATCHED']);
  const [problem] = read('    watch: {action: reboot}').problems;
  expect([problem?.code, problem?.hint]).toEqual([
    'E-CONFIG-VALUE',
    expect.stringContaining('reload'),
  ]);
});
