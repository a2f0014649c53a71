/** The CLI called as a function against a real daemon: what a child process would hide from coverage. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Interrupts } from './interrupts.ts';
import { runCli } from './run-cli.ts';
import {
  eventually,
  refusedScript,
  tempStack,
  workerScript,
  type TempStack,
} from './temp-stack.contract.ts';

type Call = Readonly<{ ended: Promise<number>; said: { out: string; talk: string } }> &
  Readonly<{ interrupt(): void }>;

let stack: TempStack;
beforeAll(() => {
  stack = tempStack({
    'worker.js': workerScript,
    'refused.js': refusedScript,
    'fettle.yaml': 'services:\n  worker: {command: node worker.js, scale: 1-3}\n',
  });
});
afterAll(async () => expect(await stack.remove()).toEqual([]));

function call(...words: string[]): Call {
  const said = { out: '', talk: '' };
  const abort = new AbortController();
  const interrupts: Interrupts = { signal: abort.signal, exitCode: 0, onSecond: null };
  const stream = (name: 'out' | 'talk') => ({
    isTTY: true,
    columns: 100,
    write(text: string) {
      said[name] += text;
      return true;
    },
  });
  const ended = runCli(['-C', stack.dir, ...words], {
    stdout: stream('out'),
    stderr: stream('talk'),
    env: { ...process.env, ...stack.env, TERM: 'xterm', FORCE_COLOR: '1', NO_COLOR: '' },
    interrupts,
  });
  const interrupt = (): void => {
    if (abort.signal.aborted) return interrupts.onSecond?.();
    interrupts.exitCode = 130;
    abort.abort();
  };
  return { ended, said, interrupt };
}

async function run(
  ...words: string[]
): Promise<Readonly<{ code: number; out: string; talk: string }>> {
  const { ended, said } = call(...words);
  return { code: await ended, ...said };
}

const says = (one: Call, text: string): Promise<unknown> =>
  eventually(
    () => Promise.resolve(`${one.said.out}${one.said.talk}`),
    (all) => all.includes(text),
    20_000,
  );

test('up, an edit, and up again', async () => {
  expect(await run('up', '-d', '--wait')).toMatchObject({ code: 0 });
  const same = await run('up', '-d');
  expect(same.talk).toContain('nothing changed');
  stack.write(
    'fettle.yaml',
    `services:
  worker: {command: node worker.js, scale: 1-3, environment: {A: b}}
  refused: {command: node refused.js}
`,
  );
  const edited = await run('up', '-d', '--wait', '--wait-timeout', '20s');
  expect(edited.code).toBe(3);
  expect(edited.talk).toMatch(/worker.*restarted/);
  expect(edited.talk).toContain('127.0.0.1:5432');
});

test('watch, follow and events go on until Ctrl-C', async () => {
  for (const [words, text] of [
    [['status', '-w=100ms'], 'worker'],
    [['logs', '-f', 'worker'], 'tick'],
    [['events', '-f'], 'worker'],
  ] as const) {
    const one = call(...words);
    await says(one, text);
    one.interrupt();
    expect(await one.ended).toBe(130);
  }
});

test('acts on services', async () => {
  expect((await run('restart', 'worker')).code).toBe(0);
  expect((await run('scale', 'worker=2')).code).toBe(0);
  expect((await run('scale', 'worker=9')).code).toBe(2);
  expect((await run('reset', 'refused', '--no-wait')).code).toBe(0);
  expect((await run('stop', '--all')).code).toBe(0);
  expect((await run('start', 'worker')).code).toBe(0);
});

test('looks at the rest', async () => {
  expect((await run('ls', '--json')).out).toContain(stack.dir);
  expect((await run('store', 'verify')).out).toContain('audit chain whole');
  expect((await run('store', 'migrate', '--dry-run')).out).toContain('nothing to do');
  expect((await run('store', 'backup')).code).toBe(2);
  expect((await run('store', 'polish')).code).toBe(2);
  expect((await run('version')).out).toContain('daemon');
  expect((await run('__complete', '--', 'why', 'wor')).out).toBe('worker\n');
  expect((await run('open', '--print')).out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
  expect((await run('ports')).out).toContain('No service asks for a port');
  expect((await run('status', 'worker', '-o', 'pid')).out).toMatch(/^\d+\n/);
});

test('attached: Ctrl-C stops the stack; down elsewhere ends the follower', async () => {
  const first = call('up', 'worker');
  await says(first, 'tick');
  first.interrupt();
  expect(await first.ended).toBe(130);
  expect(first.said.talk).toContain('everything is stopped');
  const second = call('up', 'worker');
  await says(second, 'tick');
  expect((await run('down')).code).toBe(0);
  expect(await second.ended).toBe(0);
  expect(second.said.talk).toContain('the stack was stopped elsewhere');
  expect((await run('down')).talk).toContain('nothing runs here');
});
