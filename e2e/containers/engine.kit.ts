/**
 * A real Docker Engine of the tests' own (Debian's `docker.io`): in a temporary folder, on a socket
 * of its own, with its own address range and no hand on this machine's firewall. Images are built
 * from files of this machine; no registry is asked.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureImage } from '@fettle/containers/ensure-image';
import { openEngine, type Engine } from '@fettle/containers/engine';
import type { Container } from '@fettle/core/stack/container';
import { until } from '../robustness/rough-stack.ts';

export type TestEngine = Readonly<{
  engine: Engine;
  env: Readonly<Record<string, string>>;
  container(more: Partial<Container>): Container;
  stop(): Promise<void>;
}>;

const dockerd = '/usr/sbin/dockerd';
const busybox = '/bin/busybox';
export const toolbox = 'fettle-test/toolbox:1';

/** Why no engine can run here; null: one can. Under CI a missing component is a failure. */
export function whyNoEngine(): string | null {
  if (process.platform !== 'linux') return 'no Linux';
  if (process.getuid?.() !== 0) return 'an engine of our own needs root';
  const missing = [dockerd, busybox].find((file) => !existsSync(file));
  return missing === undefined
    ? null
    : `${missing} is missing (apt install docker.io busybox-static)`;
}

export async function startEngine(): Promise<TestEngine> {
  // A long path would not fit a socket's name.
  const dir = mkdtempSync(join(tmpdir(), 'fe-'));
  const socketPath = join(dir, 'docker.sock');
  const log = openSync(join(dir, 'log'), 'a');
  const child = spawn(dockerd, argumentsFor(dir, socketPath), { stdio: ['ignore', log, log] });
  const engine = openEngine(socketPath);
  try {
    await until(
      () => engine.ask('GET', '/version').then(Boolean, () => ended(child, dir)),
      Boolean,
      30_000,
    );
    await buildToolbox(engine, dir);
  } catch (cause) {
    await stop(child, dir, engine);
    throw cause;
  }
  return {
    engine,
    env: { DOCKER_HOST: `unix://${socketPath}` },
    container: (more) => ({ ...plainContainer, ...more }),
    stop: () => stop(child, dir, engine),
  };
}

function argumentsFor(dir: string, socketPath: string): readonly string[] {
  // Any of 200 ranges, so that engines of two test files do not meet.
  const range = `10.${50 + (process.pid % 200)}.0.0/16`;
  return [
    `--host=unix://${socketPath}`,
    `--data-root=${join(dir, 'data')}`,
    `--exec-root=${join(dir, 'exec')}`,
    `--pidfile=${join(dir, 'pid')}`,
    '--iptables=false',
    '--ip-masq=false',
    '--ip-forward=false',
    '--bridge=none',
    `--default-address-pool=base=${range},size=24`,
    '--log-level=warn',
  ];
}

function ended(child: ChildProcess, dir: string): false {
  if (child.exitCode === null) return false;
  const last = readFileSync(join(dir, 'log'), 'utf8').split('\n').slice(-6).join('\n');
  throw new TypeError(`dockerd ended with ${child.exitCode}:\n${last}`);
}

async function stop(child: ChildProcess, dir: string, engine: Engine): Promise<void> {
  engine.close();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await gone;
  }
  // A container that was killed with its engine may leave a mount.
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').toReversed()) {
    const place = line.split(' ')[1] ?? '';
    if (place.startsWith(`${dir}/`)) spawnSync('umount', ['-l', place]);
  }
  rmSync(dir, { recursive: true, force: true });
}

const plainContainer: Container = {
  image: toolbox,
  build: null,
  pull: 'missing',
  platform: null,
  name: null,
  entrypoint: null,
  workingDir: null,
  user: null,
  hostname: null,
  target: null,
  published: [],
  mounts: [],
  healthcheck: null,
  stopSignal: null,
  network: 'stack',
  settings: {
    init: false,
    privileged: false,
    readOnly: false,
    tty: false,
    shmBytes: null,
    capAdd: [],
    capDrop: [],
    extraHosts: [],
    securityOpt: [],
    groupAdd: [],
    dns: [],
    sysctls: {},
  },
};

const applets =
  'sh sleep nc httpd wget cat echo env ls kill true false id mkdir chown su date seq head tail touch';

async function buildToolbox(engine: Engine, dir: string): Promise<void> {
  const context = join(dir, 'toolbox');
  baseOf(context);
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nADD rootfs /\nCMD ["sh"]\n');
  await build(engine, toolbox, context);
}

/** A shell and its tools, nothing else. */
function baseOf(context: string): string {
  const rootfs = join(context, 'rootfs');
  for (const folder of ['bin', 'tmp', 'etc', 'data', 'run', 'var'])
    mkdirSync(join(rootfs, folder), { recursive: true });
  chmodSync(join(rootfs, 'tmp'), 0o1777);
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  for (const applet of applets.split(' ')) symlinkSync('busybox', join(rootfs, 'bin', applet));
  const users = 'root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n';
  writeFileSync(join(rootfs, 'etc/passwd'), users);
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\npostgres:x:999:\n');
  return rootfs;
}

/** An image of programs of this machine with the libraries that they load. */
export async function imageOfPrograms(
  { engine }: TestEngine,
  image: string,
  parts: Readonly<{ programs: readonly string[]; folders?: readonly string[]; lines: string }>,
): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), 'fe-image-'));
  try {
    const rootfs = baseOf(context);
    for (const program of parts.programs)
      for (const file of [program, ...librariesOf(program)]) {
        mkdirSync(dirname(join(rootfs, file)), { recursive: true });
        copyFileSync(realpathSync(file), join(rootfs, file));
      }
    for (const folder of parts.folders ?? [])
      cpSync(folder, join(rootfs, folder), { recursive: true, dereference: true });
    writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nADD rootfs /\n${parts.lines}\n`);
    await build(engine, image, context);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function librariesOf(program: string): readonly string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...text.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((found) => found[1] ?? '');
}

async function build(engine: Engine, image: string, context: string): Promise<void> {
  const folder = { context, dockerfile: null, target: null, args: {} };
  const { signal } = new AbortController();
  await ensureImage({ engine, container: { ...plainContainer, image, build: folder }, signal });
}
