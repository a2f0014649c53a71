import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { readProcessStat } from '@fettle/proc/process-stat';
import { exitOfStatus, readExitRecord, readPidRecord } from './exit-record.ts';
import { shimArguments } from './shim-script.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-shim-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Shim = Readonly<{ child: ChildProcess; ended: Promise<unknown>; pid(): Promise<number> }>;
type Limits = Partial<Readonly<{ openFiles: number; processes: number }>>;

function start(
  shell: readonly string[],
  command: readonly string[],
  environment: Record<string, string> = {},
  limits: Limits = {},
): Shim {
  const spool = openSync(join(dir, 'spool'), 'a');
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const [file = '', ...first] = shell;
  const { openFiles = null, processes = null } = limits;
  const recordPrefix = join(dir, 'run');
  const args = shimArguments({
    recordPrefix,
    births: null,
    openFiles,
    processes,
    command,
    environment,
  });
  const child = spawn(file, [...first, ...args], {
    cwd: dir,
    env,
    detached: true,
    stdio: ['ignore', spool, spool],
  });
  return {
    child,
    ended: new Promise((resolve) => child.once('exit', resolve)),
    pid: async () => {
      const untilMs = performance.now() + 5_000;
      for (;;) {
        const pid = readPidRecord(join(dir, 'run.pid'));
        if (pid !== null && spooled().includes('ready')) return pid;
        ok(performance.now() < untilMs, 'the service became ready in time');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

const spooled = (): string => readFileSync(join(dir, 'spool'), 'utf8');
const recorded = () => readExitRecord(join(dir, 'run.exit'));
const sh = (text: string): readonly string[] => ['/bin/sh', '-c', text];

const shells = [['/bin/sh'], ['/bin/bash', '--posix']].filter(([file = '']) => existsSync(file));

describe.each(shells)('under %s %s', (...shellParts) => {
  const shell = shellParts.filter((part) => part !== undefined);
  const checkStatus = async (text: string, code: number, posixSignal: string | null) => {
    await start(shell, sh(text)).ended;
    const exit = recorded();
    deepEqual([exit?.code, exit?.posixSignal], [code, posixSignal]);
  };
  test('success is recorded', () => checkStatus('exit 0', 0, null));
  test('a code is recorded', () => checkStatus('exit 3', 3, null));
  test('SIGKILL reads as 137', () => checkStatus('kill -9 $$', 137, 'SIGKILL'));
  test('SIGSEGV reads as 139', () => checkStatus('kill -SEGV $$', 139, 'SIGSEGV'));
  test('SIGINT reads as 130', () => checkStatus('kill -INT $$', 130, 'SIGINT'));

  test('what the service prints is all there is in the spool', async () => {
    await start(shell, sh('echo out; echo err >&2; kill -9 $$')).ended;
    equal(spooled(), 'out\nerr\n');
  });

  test('the pid record names the service itself, not the shim', async () => {
    const shim = start(shell, sh('echo ready; exec sleep 100'));
    const pid = await shim.pid();
    equal(readProcessStat(pid)?.ppid, shim.child.pid);
    process.kill(pid, 'SIGKILL');
    await shim.ended;
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)(
    'a %s to the group ends the service and not the record',
    async (posixSignal) => {
      const shim = start(shell, sh('echo ready; exec sleep 100'));
      await shim.pid();
      process.kill(-(shim.child.pid ?? 0), posixSignal);
      await shim.ended;
      equal(recorded()?.posixSignal, posixSignal);
    },
  );

  test('a service that handles SIGTERM has its own code recorded', async () => {
    const shim = start(shell, sh('trap "exit 4" TERM; echo ready; while :; do sleep 0.05; done'));
    await shim.pid();
    process.kill(-(shim.child.pid ?? 0), 'SIGTERM');
    await shim.ended;
    equal(recorded()?.code, 4);
  });

  test('the shim passes the status on, for a disk that takes no record', async () => {
    equal(await start(shell, sh('exit 9')).ended, 9);
  });

  test('arguments arrive as they are', async () => {
    const words = ['a b', '$HOME', "it's", '', '*'];
    await start(shell, ['printf', '[%s]', ...words]).ended;
    equal(spooled(), words.map((word) => `[${word}]`).join(''));
  });

  test('variables that no shell could spell arrive, too', async () => {
    await start(shell, ['env'], { 'discovery.type': 'single node', PLAIN: 'x' }).ended;
    match(spooled(), /^discovery\.type=single node$/m);
    match(spooled(), /^PLAIN=x$/m);
  });

  test('limits are set for the service', async () => {
    await start(shell, sh('ulimit -n; ulimit -Hn'), {}, { openFiles: 64 }).ended;
    equal(spooled(), '64\n64\n');
  });

  test('a limit that the system refuses is told and the service starts', async () => {
    const limits = { openFiles: 2_000_000_000 };
    await start(shell, sh('echo started'), {}, limits).ended;
    match(spooled(), /^fettle: cannot limit open files to 2000000000\nstarted\n$/);
  });

  test('a program that is not there is said in the spool, with 127', async () => {
    await start(shell, ['no-such-program']).ended;
    equal(recorded()?.code, 127);
    match(spooled(), /not found/);
  });
});

test('an incomplete record is none', () => {
  equal(readExitRecord(join(dir, 'run.exit')), null);
});

test('statuses above 128 that name no signal are plain codes', () => {
  equal(exitOfStatus(255, 0).kind, 'code');
  equal(exitOfStatus(134, 0).posixSignal, 'SIGABRT');
});
