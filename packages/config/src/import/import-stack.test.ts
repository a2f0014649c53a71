import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ProblemSink } from '../problem/problem.ts';
import { stackFolders } from '../testing/stack-folder.ts';
import { foreignFormats } from './draft.ts';
import { evaluateEcosystem } from './evaluate-ecosystem.ts';
import { findForeign, foreignFormatOf } from './find-foreign.ts';
import { importStack } from './import-stack.ts';

const { folder, load, check, remove } = stackFolders();
afterAll(remove);

describe('a folder without a config of ours', () => {
  test('is read by what lies there, and that is said', () => {
    const { stack, warnings } = check({ Procfile: 'web: node $FILE\n', 'package.json': '{}' });
    expect(stack?.services).toMatchObject([
      { name: 'web', command: ['/bin/sh', '-c', 'exec node $FILE'] },
    ]);
    expect(warnings).toMatchObject([
      { code: 'W-IMPORT-READ', message: expect.stringContaining('1 service: web') },
    ]);
  });
  test('a config of ours, or of Compose, wins', () => {
    const files = { Procfile: 'web: x\n', 'compose.yaml': 'services: {a: {command: x}}' };
    expect(load(files).services.map(({ name }) => name)).toEqual(['a']);
  });
  test('a file of another tool is named by -f', () => {
    const conf = '[program:a]\ncommand=x $HOME\n';
    expect(load({ 'supervisord.conf': conf }, { file: 'supervisord.conf' }).services).toMatchObject(
      [{ name: 'a', command: ['x', '$HOME'], restart: 'on-failure' }],
    );
  });
  test('the format may be told where the name says nothing', () => {
    const more = { file: 'things', from: 'procfile' } as const;
    expect(load({ things: 'a: x\n' }, more).services.map(({ name }) => name)).toEqual(['a']);
  });
  test('problems stand at their place in the file as it was written', () => {
    const { problems } = check({ Procfile: 'web: x\n\noops\n' });
    expect(problems).toMatchObject([{ code: 'E-IMPORT-SYNTAX', place: { line: 3 } }]);
  });
  test('nothing to run is an error, not an empty stack', () => {
    expect(check({ Procfile: '# later\n' }).problems).toMatchObject([{ code: 'E-IMPORT-EMPTY' }]);
  });
});

test('what is included, laid over or dropped in is found', () => {
  const dir = folder({
    'supervisord.conf': '[include]\nfiles = conf.d/*.conf\n',
    'conf.d/a.conf': '[program:a]\ncommand=x\n',
    'units/b.service': '[Service]\nExecStart=one\n',
    'units/b.service.d/x.conf': '[Service]\nExecStart=\nExecStart=two\n',
  });
  const textOf = (name: string): string => {
    const [path, sink] = [join(dir, name), new ProblemSink()];
    const format = foreignFormatOf(path)!;
    return importStack({ format, path, cwd: dir, env: {}, sink })?.text ?? '';
  };
  expect(textOf('supervisord.conf')).toContain('command: x');
  expect(textOf('units')).toContain('command: two');
  expect(findForeign(dir).map(({ format }) => format)).toEqual(['supervisord']);
});

test('each format is known by the usual name of its file', () => {
  const names = ['compose.yaml', 'Procfile', 'ecosystem.config.cjs', 'process-compose.yml'];
  const more = ['supervisord.conf', 'web.service', 'package.json'];
  expect([...names, ...more].map(foreignFormatOf)).toEqual(foreignFormats);
  expect(foreignFormatOf('fettle.yaml')).toBe(null);
});

describe('an ecosystem file in JavaScript', () => {
  const evaluate = (text: string, name = 'ecosystem.config.js', env = {}) =>
    evaluateEcosystem(join(folder({ [name]: text }), name), env);

  test('is evaluated, whatever it prints', () => {
    const text = 'console.log("noise"); module.exports = { apps: [{ script: process.env.S }] };';
    expect(evaluate(text, 'ecosystem.config.cjs', { S: 'a.js' })).toEqual({
      ok: true,
      value: { apps: [{ script: 'a.js' }] },
    });
    expect(evaluate('export default { apps: [] };', 'e.mjs')).toMatchObject({ ok: true });
  });
  test('may read, and neither write nor start programs', () => {
    for (const deed of ['fs").writeFileSync("x", "")', 'child_process").execSync("true")'])
      expect(evaluate(`require("node:${deed};`)).toMatchObject({
        ok: false,
        hint: expect.stringContaining('may read files'),
      });
  });
  test('that fails says where', () => {
    expect(evaluate('\n\nthrow new TypeError("no");\n')).toMatchObject({
      ok: false,
      line: 3,
      message: expect.stringContaining('no'),
    });
    expect(evaluate('module.exports = {{')).toMatchObject({ ok: false, line: 1 });
  });
  test('that never ends is ended', { timeout: 20_000 }, () => {
    expect(evaluate('for (;;);')).toMatchObject({
      ok: false,
      message: expect.stringContaining('within 5 s'),
    });
  });
});
