import { equal, match, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { readProcessStat } from '@fettle/proc/process-stat';
import { readBirths } from '@fettle/sdk/daemon/birth-record';
import { readExitRecord } from './exit-record.ts';
import { launchCommand, launchScript } from './launch-script.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-launch-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const PATH = process.env['PATH'] ?? '';
type Told = Readonly<{ command: readonly string[]; added?: Record<string, string> }>;

function commandOf({ command, added = {} }: Told, token: string): string | null {
  const spool = join(dir, `${token}.log`);
  writeFileSync(spool, '');
  const shim = {
    recordPrefix: join(dir, token),
    births: join(dir, 'x.born'),
    openFiles: null,
    processes: null,
    command,
    environment: { PATH, ...added },
  };
  return launchCommand({ shim, added, workingDir: dir, spool }, '/usr/bin/setsid');
}

function startAll(shell: readonly string[], all: readonly Told[]) {
  const commands = all.map((told, at) => commandOf(told, `e-${at}`) ?? '');
  const [file = '', ...args] = shell;
  const child = spawn(file, [...args, '-s'], {
    cwd: '/',
    env: { PATH },
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin?.end(launchScript(commands));
  return child;
}

const sh = (text: string): Told => ({ command: ['/bin/sh', '-c', text] });
const spooled = (at: number): string => readFileSync(join(dir, `e-${at}.log`), 'utf8');
const exitCode = (at: number) => readExitRecord(join(dir, `e-${at}.exit`))?.code;

async function births(count: number) {
  const untilMs = performance.now() + 5_000;
  for (;;) {
    const all = readBirths(join(dir, 'x.born'));
    if (all.length === count) return all;
    ok(performance.now() < untilMs, `${all.length} of ${count} were born in time`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const shells = [['/bin/sh'], ['/bin/bash', '--posix']].filter(([file = '']) => existsSync(file));

describe.each(shells)('launched by %s %s', (...parts) => {
  const shell = parts.filter((part) => part !== undefined);

  test('each has its own end and output, and the shell stays to the last', async () => {
    const child = startAll(shell, [sh('echo a; exit 3'), sh('echo b >&2'), sh('read x || echo c')]);
    await once(child, 'exit');
    equal([0, 1, 2].map(exitCode).join(), '3,0,0');
    equal([0, 1, 2].map(spooled).join(''), 'a\nb\nc\n');
  });

  test('each leads a session of its own, and the birth names shim and service', async () => {
    const all = Array.from({ length: 12 }, () => sh('exec sleep 100'));
    const child = startAll(shell, all);
    for (const { pid, shimPid } of await births(12)) {
      equal(readProcessStat(pid)?.ppid, shimPid);
      equal(readProcessStat(shimPid)?.session, shimPid);
      equal(readProcessStat(shimPid)?.ppid, child.pid);
      process.kill(pid, 'SIGKILL');
    }
    await once(child, 'exit');
    equal(exitCode(11), 137);
  });

  test.each(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGPIPE'] as const)(
    '%s ends a service that did nothing about it',
    async (posixSignal) => {
      const child = startAll(shell, [sh('exec sleep 100'), sh('exec sleep 100')]);
      for (const { pid } of await births(2)) process.kill(pid, posixSignal);
      await once(child, 'exit');
      equal(readExitRecord(join(dir, 'e-0.exit'))?.posixSignal, posixSignal);
    },
  );

  test('variables, folder and words arrive as they are', async () => {
    const odd = ' a\'b"c$HOME\n\\`x` é * ';
    const added = { ODD: odd, 'with.dot': 'x y', PLAIN: '1' };
    const text = 'const { ODD, PWD, OLDPWD } = process.env;'.concat(
      'process.stdout.write(JSON.stringify([ODD, PWD, OLDPWD, process.env["with.dot"],',
      'process.cwd(), ...process.argv.slice(1)]))',
    );
    const child = startAll(shell, [{ command: [process.execPath, '-e', text, odd], added }]);
    await once(child, 'exit');
    equal(spooled(0), JSON.stringify([odd, dir, null, 'x y', dir, odd]));
  });

  test('a script that was cut off starts nobody', async () => {
    const whole = launchScript([0, 1].map((at) => commandOf(sh('echo born'), `e-${at}`) ?? ''));
    const [file = '', ...args] = shell;
    const child = spawn(file, [...args, '-s'], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin?.end(whole.slice(0, -20));
    await once(child, 'exit');
    equal(existsSync(join(dir, 'x.born')), false);
  });
});

test.each([
  ['a variable that the shell owns', { ...sh(':'), added: { UID: '5' } }],
  ['a NUL', { ...sh(':'), added: { A: 'a\0b' } }],
  ['more than an argument takes', { ...sh(':'), added: { A: 'x'.repeat(200_000) } }],
])('%s is left to a spawn of its own', (_name, told) => {
  equal(commandOf(told, 'e-0'), null);
});

test('a launched command names its record of births', () => {
  match(commandOf(sh(':'), 'e-0') ?? '', /x\.born/);
});
