/**
 * This version and the one before it understand each other: supervisor, controller and command line
 * in any mix, and a move of a running stack there and back.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  eventually,
  freePort,
  tempStack,
  webScript,
  workerScript,
  type TempStack,
} from '@fettle/cli/temp-stack.contract';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { readDaemonFile } from '@fettle/sdk/daemon/paths';
import { supervisorFlags } from '@fettle/sdk/daemon/supervisor-flags';
import { clone, previousBuild, whyNoPrevious } from './previous-build.ts';

const why = whyNoPrevious();
type Age = 'old' | 'new';
type Said = Readonly<{ code: number; text: string }>;

describe.skipIf(why !== null)(`neighbouring versions${why === null ? '' : ` (${why})`}`, () => {
  const roots: Record<Age, string> = { new: clone, old: '' };
  beforeAll(() => void (roots.old = previousBuild()));
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function makeStack(): Promise<TempStack> {
    const stack = tempStack({
      'web.js': webScript,
      'worker.js': workerScript,
      'fettle.yaml': `services:
  web: {command: node web.js, port: ${await freePort()}, health: /healthz}
  worker: {command: node worker.js, depends_on: [web], scale: 1-3}
  job: {command: [node, -e, "console.log('done')"], restart: "no"}
`,
    });
    Object.assign(stack.env, { FETTLE_HOME: join(stack.dir, 'home') });
    ends.push(async () => expect(await stack.remove()).toEqual([]));
    return stack;
  }

  /** The command line of one age. */
  async function say({ dir, env }: TempStack, age: Age, words: string): Promise<Said> {
    const program = join(roots[age], 'fettle');
    const child = spawn(program, ['-C', dir, ...words.split(' ')], { env, cwd: dir });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (text += String(chunk)));
    const code = await new Promise<number>((resolve) =>
      child.once('close', (status) => resolve(status ?? -1)),
    );
    return { code, text };
  }

  /** A supervisor of one age with a controller of another. */
  async function startDaemon(
    { dir, env }: TempStack,
    supervisor: Age,
    controller: Age,
  ): Promise<void> {
    const main = (age: Age, name: string): string =>
      join(roots[age], 'packages', name, 'dist', 'main.js');
    mkdirSync(join(dir, '.fettle'), { mode: 0o700 });
    const out = openSync(join(dir, '.fettle', 'supervisor.out'), 'a');
    const words = ['--stack-dir', dir, '--controller', main(controller, 'controller')];
    const child = spawn(
      process.execPath,
      [...supervisorFlags, main(supervisor, 'supervisor'), ...words],
      { cwd: dir, env, detached: true, stdio: ['ignore', out, out] },
    );
    closeSync(out);
    child.unref();
    await eventually(
      async () => readDaemonFile(join(dir, '.fettle', 'daemon.json'))?.supervisorPid,
      (pid) => pid === child.pid,
      30_000,
    );
  }

  const statusBy = async (stack: TempStack, age: Age): Promise<StatusDocument> => {
    const { text } = await say(stack, age, 'status --json');
    return JSON.parse(text.slice(text.indexOf('{'))) as StatusDocument;
  };
  const webOf = (status: StatusDocument) => status.services.find(({ name }) => name === 'web');

  test.each([
    ['new', 'old', 'old'],
    ['old', 'new', 'new'],
    ['old', 'old', 'new'],
    ['new', 'new', 'old'],
  ] as const)(
    'supervisor %s, controller %s, command line %s',
    async (supervisor, controller, cli) => {
      const stack = await makeStack();
      startDaemon(stack, supervisor, controller);
      await eventually(
        () => say(stack, cli, 'up -d --wait'),
        ({ code }) => code === 0,
      );
      const before = webOf(await statusBy(stack, cli));
      expect(before).toMatchObject({ state: 'ok' });
      process.kill(before?.pid ?? 0, 'SIGKILL');
      await eventually(
        async () => webOf(await statusBy(stack, cli)),
        (web) => web?.state === 'ok' && web.pid !== before?.pid,
      );
      for (const words of [
        'restart web',
        'scale worker=2',
        'stop worker',
        'start worker',
        'why web',
        'timeline web',
        'logs worker -n 3',
        'ports',
        'links --exit-code',
        'incidents',
        'runs',
      ])
        expect(await say(stack, cli, words), words).toMatchObject({ code: 0 });
      const out = readFileSync(join(stack.dir, '.fettle', 'supervisor.out'), 'utf8');
      expect(out).not.toMatch(/"level":"error"/);
      expect(await say(stack, cli, 'down')).toMatchObject({ code: 0 });
    },
  );

  test('a running stack moves to this version and back; no service is restarted', async () => {
    const stack = await makeStack();
    expect(await say(stack, 'old', 'up -d --wait')).toMatchObject({ code: 0 });
    const { pid } = webOf(await statusBy(stack, 'new')) ?? {};
    for (const folder of [roots.new, roots.old]) {
      const { code, text } = await say(stack, 'new', `upgrade ${folder}`);
      expect(code, text).toBe(0);
      expect(text).toContain('no service was restarted');
      expect(webOf(await statusBy(stack, 'old'))).toMatchObject({ pid, state: 'ok' });
    }
    expect((await say(stack, 'old', 'down')).code).toBe(0);
  });
});
