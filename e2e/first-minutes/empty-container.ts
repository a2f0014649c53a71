/**
 * An empty Debian in namespaces of its own (files, processes, host name), with git and the Node of
 * this machine and nothing else. Its network is the machine's, since packages come from there.
 *
 * Needs root, and Debian's debootstrap (about half a minute and 350 MB in the temporary folder).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root as repository } from '../live-shop.ts';
import { networkOf, systemPath, type BareMachine } from './bare-machine.ts';

const suite = 'bookworm';
const packages = 'ca-certificates,git,libstdc++6,procps';
const source = '/source';
const home = '/root';

/** @throws TypeError without root or debootstrap. */
export async function emptyContainer(): Promise<BareMachine> {
  if (process.getuid?.() !== 0) throw new TypeError('an empty container needs root');
  const path = systemPath(process.env);
  const find = (name: string): string => {
    const file = [...path, '/usr/sbin']
      .map((one) => join(one, name))
      .find((one) => existsSync(one));
    if (file === undefined) throw new TypeError(`${name} is not installed`);
    return realpathSync(file);
  };
  const root = mkdtempSync(join(tmpdir(), 'fettle-empty-'));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const options = ['--variant=minbase', `--include=${packages}`, suite, root];
    execFileSync(find('debootstrap'), options, { stdio: 'pipe' });
    bringNode(root, find('node'), find('npm'));
    cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
    mkdirSync(join(root, source));
    // Certificates that a proxy wants are files of this machine.
    for (const value of Object.values(networkOf(process.env)))
      if (value.startsWith('/')) cpSync(value, join(root, value), { recursive: true });
  } catch (cause) {
    remove();
    throw cause;
  }
  const init = await enter(root);
  const own = { HOME: home, PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };
  const env = Object.entries({ ...own, ...networkOf(process.env) }).map((pair) => pair.join('='));
  const into = ['-t', String(init), '--mount', '--pid', '--uts', '--ipc', '--root', '--wd'];
  return {
    root: home,
    source,
    seen: (inside) => join(root, inside),
    call: (cwd, command) => ['nsenter', ...into, 'env', '-i', `--chdir=${cwd}`, ...env, ...command],
    env: { PATH: process.env['PATH'] ?? '' },
    remove() {
      process.kill(init, 'SIGKILL');
      remove();
    },
  };
}

function bringNode(root: string, node: string, npm: string): void {
  cpSync(node, join(root, 'usr/local/bin/node'));
  const folder = dirname(dirname(npm));
  cpSync(folder, join(root, 'usr/local/lib/npm'), { recursive: true });
  const shims = { npm: 'npm-cli.js', npx: 'npx-cli.js' };
  for (const [name, file] of Object.entries(shims))
    execFileSync('ln', ['-s', `../lib/npm/bin/${file}`, join(root, 'usr/local/bin', name)]);
}

/** Pid, as seen here, of the first process in there; all others end with it. */
async function enter(root: string): Promise<number> {
  const script = `
    mount --bind "$0" "$0" && mount --bind -o ro "$1" "$0${source}" &&
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
    exec chroot "$0" sh -c 'echo ready; while :; do sleep 3600; done'`;
  const spaces = ['--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'];
  const outer = spawn('unshare', [...spaces, 'sh', '-c', script, root, repository], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(outer.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
  outer.stdout.destroy();
  outer.unref();
  const children = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}
