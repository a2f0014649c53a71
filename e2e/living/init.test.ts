/** `fettle init --make` and `--vscode` against a real stack: make(1) runs it, VS Code's words fit. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseJsonc, valueOf } from '@fettle/cli/init/jsonc';
import { freePort, tempStack, webScript, type TempStack } from '@fettle/cli/temp-stack.contract';

type Pattern = Readonly<Record<string, string | number>>;
type Task = Readonly<{
  label: string;
  command: string;
  args: readonly string[];
  isBackground?: boolean;
  problemMatcher: Readonly<{ pattern: readonly Pattern[]; background?: unknown }>;
}>;
type Launch = Readonly<{ name: string; port: number; preLaunchTask: string }>;

const debuggable = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };
let stack: TempStack;
let config = '';
beforeAll(async () => {
  config = `name: desk
services:
  web:
    command: node web.js
    port: ${await freePort()}
    health: /healthz
    environment: {NODE_OPTIONS: '${debuggable.NODE_OPTIONS}'}
  report: {command: python3 -m http.server 0, depends_on: [web]}
`;
  stack = tempStack({ 'web.js': webScript, 'fettle.yaml': config });
  expect(await stack.fettle('init', '--make', '--vscode')).toMatchObject({ code: 0 });
});
afterAll(async () => expect(await stack.remove()).toEqual([]));

function make(...words: string[]) {
  const { env, dir } = stack;
  return spawnSync('make', words, { cwd: dir, env, encoding: 'utf8', timeout: 60_000 });
}

const read = <Kind>(name: string): Kind => {
  const file = join(stack.dir, '.vscode', name);
  return valueOf(parseJsonc(readFileSync(file, 'utf8'), file)) as Kind;
};
const tasks = (): readonly Task[] => read<{ tasks: Task[] }>('tasks.json').tasks;

test('make starts, shows, restarts and stops the stack', async () => {
  expect(make('service-up').status).toBe(0);
  expect(make('service-wait').status).toBe(0);
  expect(make('service-status').stdout).toMatch(/web +ok/);
  const { pid } = await stack.service('web');
  expect(make('service-restart', 'SERVICE=web').status).toBe(0);
  expect((await stack.service('web')).pid).not.toBe(pid);
  expect(make('service-stop-web').status).toBe(0);
  expect((await stack.service('web')).state).toBe('stopped');
  expect(make('service-start').status).toBe(0);
  expect(make('service-logs-web').stdout).toContain('listening');
  expect(make('service-why').stderr).toContain('make service-why SERVICE=api');
  expect(make('service-help').stdout).toContain('service-restart');
});

test('a second init changes nothing; own targets of that name are refused', async () => {
  const again = await stack.fettle('init', '--make', '--vscode', '--json');
  const { files } = JSON.parse(again.stdout) as { files: { change: string }[] };
  expect(files.map(({ change }) => change)).toEqual(Array(4).fill('unchanged'));
  const makefile = join(stack.dir, 'Makefile');
  const kept = readFileSync(makefile, 'utf8');
  writeFileSync(makefile, `service-status:\n\ttrue\n${kept}`);
  const refused = await stack.fettle('init', '--make');
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('E-INIT-TARGET');
  writeFileSync(makefile, kept);
});

test('every task has a matcher; those in the background say when they are ready', () => {
  for (const task of tasks()) {
    expect(task.problemMatcher.pattern).toHaveLength(2);
    expect(task.isBackground === true).toBe(task.problemMatcher.background !== undefined);
  }
  expect(tasks().map(({ label }) => label)).toContain('fettle: restart');
});

test('the matcher finds the place of a slip in the config', async () => {
  const [first, second] = tasks()[0]?.problemMatcher.pattern ?? [];
  stack.write('fettle.yaml', config.replace('health:', 'helath:'));
  const { stderr } = await stack.fettle('config', 'validate');
  stack.write('fettle.yaml', config);
  const lines = stderr.split('\n');
  const at = lines.findIndex((line) => new RegExp(String(first?.['regexp'])).test(line));
  const head = new RegExp(String(first?.['regexp'])).exec(lines[at] ?? '');
  const place = new RegExp(String(second?.['regexp'])).exec(lines[at + 1] ?? '');
  expect(head?.[Number(first?.['code'])]).toBe('E-CONFIG-KEY');
  expect(place?.slice(1)).toEqual(['fettle.yaml', '6', '5']);
});

test('a launch configuration opens the debugger of a running service, and closes it', async () => {
  expect((await stack.fettle('up', '-d', '--wait')).code).toBe(0);
  const launch = read<{ configurations: Launch[] }>('launch.json').configurations;
  expect(launch.map(({ name }) => name)).toEqual([
    'fettle: attach to @supervisor',
    'fettle: attach to @controller',
    'fettle: attach to web',
    'fettle: attach to report (Python: pick its process)',
  ]);
  const web = launch.find(({ name }) => name.endsWith('to web'));
  const task = tasks().find(({ label }) => label === web?.preLaunchTask);
  expect(task?.args).toEqual(['inspect', 'web', '--port', String(web?.port)]);
  const { pid } = await stack.service('web');
  const port = String(await freePort());
  const opened = await stack.fettle('inspect', 'web', '--port', port, '--json');
  expect(opened).toMatchObject({ code: 0 });
  expect(JSON.parse(opened.stdout)).toMatchObject({ pid, url: expect.stringContaining(port) });
  const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  expect(targets).toMatchObject([{ type: 'node' }]);
  expect((await stack.fettle('inspect', 'web', '--off')).stderr).toContain('is closed');
  await expect(fetch(`http://127.0.0.1:${port}/json/list`)).rejects.toThrow('fetch failed');
  expect((await stack.service('web')).pid).toBe(pid);
  expect((await stack.fettle('inspect', 'report')).stderr).toContain('no Node process');
});

test('the graph shows the states of what runs', async () => {
  const { stdout } = await stack.fettle('graph', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    nodes: [
      { name: 'web', state: 'ok' },
      { name: 'report', kind: 'process' },
    ],
    edges: [{ from: 'report', to: 'web' }],
  });
});
