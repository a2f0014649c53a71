import { afterAll, expect, test } from 'vitest';
import { checkStack } from './load-stack.ts';
import { showStack } from './show-stack.ts';
import { stackFolders } from './testing/stack-folder.ts';

const { folder, remove } = stackFolders();
afterAll(remove);

const read = (service: string) =>
  checkStack({
    dir: folder({ 'fettle.yaml': `services:\n  api:\n    command: a\n${service}` }),
    env: {},
  });
const hooksOf = (service: string) => read(service).stack?.services[0]?.hooks;

test('a command is a hook with the defaults of its stage', () =>
  expect(
    hooksOf(
      '    hooks: {before_start: ./migrate --all, before_stop: [./drain], after_stop: "a && b"}',
    ),
  ).toEqual({
    before_start: [
      {
        command: ['./migrate', '--all'],
        workingDir: null,
        environment: {},
        timeoutMs: 60_000,
        onFailure: 'fail',
      },
    ],
    before_stop: [
      {
        command: ['./drain'],
        workingDir: null,
        environment: {},
        timeoutMs: 10_000,
        onFailure: 'ignore',
      },
    ],
    after_stop: [
      {
        command: ['/bin/sh', '-c', 'a && b'],
        workingDir: null,
        environment: {},
        timeoutMs: 60_000,
        onFailure: 'ignore',
      },
    ],
  }));
test("Compose's words come first in the same lists", () =>
  expect(
    hooksOf(`    post_start: [{command: [./one, two], environment: [A=1], user: root}]
    pre_stop: [{command: ./three}]
    hooks: {after_start: {command: ./own, timeout: 5s, on_failure: retry}}`),
  ).toMatchObject({
    after_start: [
      { command: ['./one', 'two'], environment: { A: '1' } },
      { command: ['./own'], timeoutMs: 5_000, onFailure: 'retry' },
    ],
    before_stop: [{ command: ['./three'] }],
  }));

const refused = (service: string, code: string, message: string) => () => {
  const [first] = read(service).problems;
  expect([first?.code, first?.message]).toEqual([code, expect.stringContaining(message)]);
};
test(
  'a stop cannot be refused',
  refused(
    '    hooks: {before_stop: {command: a, on_failure: fail}}',
    'E-CONFIG-VALUE',
    'a before_stop hook cannot `fail`',
  ),
);
test(
  'a stage that does not exist is named',
  refused('    hooks: {before_stat: a}', 'E-CONFIG-KEY', 'did you mean `before_start`?'),
);
test(
  'a hook wants a command',
  refused('    hooks: {after_stop: {timeout: 1s}}', 'E-CONFIG-REQUIRED', 'lacks `command`'),
);
test(
  'an open quote is found',
  refused(`    hooks: {after_stop: ["echo 'x"]}`, 'E-CONFIG-COMMAND', 'never closed'),
);
test(
  'a folder that is not there is named',
  refused(
    '    hooks: {after_stop: {command: a, working_dir: nowhere}}',
    'E-CONFIG-WORKING-DIR',
    'nowhere',
  ),
);
test('what is shown reads back to the same', () => {
  const { stack } = read(
    '    hooks: {before_start: [a, {command: b, timeout: 90s}], after_stop: c}',
  );
  const again = checkStack({ dir: folder({ 'fettle.yaml': showStack(stack!) }), env: {} });
  expect(again.stack?.services[0]?.hooks).toEqual(stack?.services[0]?.hooks);
});
