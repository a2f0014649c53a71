/**
 * A machine with a real systemd for as long as a test lasts: namespaces, an overlay of this root,
 * a network of its own (`machine.sh`). It can be rebooted, and lose its power.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readChildren } from '@fettle/proc/process-tree';
import { poll } from '../supervisor/daemon.ts';

export type Ran = Readonly<{ code: number; text: string }>;

export type Machine = Readonly<{
  /** A shell script, as root unless told; stdout and stderr together. */
  run(script: string, user?: string): Ran;
  /** The same, left running; `ended` has what it printed. */
  start(script: string): Readonly<{ ended: Promise<Ran> }>;
  /** In order. */
  reboot(): Promise<void>;
  /** Everything is gone at once. */
  powerCut(): Promise<void>;
  close(): Promise<void>;
}>;

export const clone = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const script = fileURLToPath(new URL('machine.sh', import.meta.url));
const bootMs = 40_000;
/** Its namespaces, for nsenter(1). */
const inside = ['-m', '-p', '-u', '-i', '-C', '-n'];

/** Why a machine cannot be had here; null: it can. */
export function whyNoMachine(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  const needed = ['/lib/systemd/systemd', '/usr/bin/unshare', '/usr/bin/nsenter'];
  const missing = needed.find((file) => !existsSync(file));
  if (missing !== undefined) return `${missing} is missing`;
  const tried = spawnSync('unshare', ['--mount', '--pid', '--fork', '--cgroup', '--net', 'true']);
  return tried.status === 0 ? null : 'namespaces are not allowed here';
}

export async function startMachine(): Promise<Machine> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-machine-'));
  mount('-t', 'tmpfs', 'tmpfs', dir);
  for (const name of ['upper', 'work', 'root', 'units', 'empty']) mkdirSync(join(dir, name));
  let booted = await boot(dir);
  const enter = (user: string): readonly string[] => [
    '-t',
    String(booted.init),
    ...inside,
    '--',
    ...(user === 'root' ? [] : ['runuser', '-u', user, '--']),
    'sh',
  ];
  const again = async (): Promise<void> => {
    await booted.gone;
    booted = await boot(dir);
  };
  return {
    run(text, user = 'root') {
      const input = `exec 2>&1\n${text}`;
      const { status, stdout } = spawnSync('nsenter', [...enter(user)], {
        input,
        encoding: 'utf8',
        timeout: 90_000,
      });
      return { code: status ?? -1, text: stdout };
    },
    start(text) {
      const child = spawn('nsenter', [...enter('root'), '-c', text], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return { ended: finished(child) };
    },
    async reboot() {
      spawnSync('nsenter', [...enter('root')], { input: 'systemctl reboot' });
      await again();
    },
    async powerCut() {
      process.kill(booted.init, 'SIGKILL');
      await again();
    },
    async close() {
      tryKill(booted.init);
      await booted.gone;
      spawnSync('umount', ['-l', dir]);
      spawnSync('find', [group, '-depth', '-type', 'd', '-delete']);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

type Booted = Readonly<{ init: number; gone: Promise<void> }>;

async function boot(dir: string): Promise<Booted> {
  const spaces = ['--mount', '--pid', '--uts', '--ipc', '--net', '--cgroup'];
  const words = ['--fork', '--kill-child', '--propagation', 'private', 'sh', script, dir, clone];
  const child = spawn('sh', ['-c', inOwnGroup(), 'sh', 'unshare', ...spaces, ...words], {
    stdio: 'ignore',
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const init = await poll('process 1 is born', bootMs, () => {
    if (child.exitCode !== null) throw new TypeError(`the machine ended: ${child.exitCode}`);
    return readChildren(child.pid ?? 0)[0] ?? null;
  });
  const state = (): string =>
    spawnSync('nsenter', ['-t', String(init), ...inside, 'systemctl', 'is-system-running'], {
      encoding: 'utf8',
    }).stdout.trim();
  await poll('systemd is up', bootMs, () => (/running|degraded/.test(state()) ? true : null));
  return { init, gone };
}

/** Becomes the root of what the machine sees of control groups. */
const group = join(
  existsSync('/sys/fs/cgroup/cgroup.procs') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified',
  `fettle-machine-${process.pid}`,
);

function inOwnGroup(): string {
  mkdirSync(group, { recursive: true });
  return `echo $$ >${group}/cgroup.procs && exec "$@"`;
}

async function finished(child: ChildProcess): Promise<Ran> {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += String(chunk)));
  const code = await new Promise<number>((resolve) =>
    child.once('close', (status) => resolve(status ?? -1)),
  );
  return { code, text };
}

function mount(...words: string[]): void {
  const { status, stderr } = spawnSync('mount', words, { encoding: 'utf8' });
  if (status !== 0) throw new TypeError(`mount ${words.join(' ')}: ${stderr}`);
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}
