/**
 * Real servers for the checks that speak their protocols: each on a free port, in a folder of its
 * own.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@fettle/cli/temp-stack.contract';
import { selfSigned } from '../drills/programs/renew.mjs';

export type RealServer = Readonly<{ port: number; dir: string; process: ChildProcess }>;

export const redisServer = '/usr/bin/redis-server';
export const hasRedis = existsSync(redisServer);
const postgresHome = '/usr/lib/postgresql';
const postgresBin = newestIn(postgresHome);
export const hasPostgres = postgresBin !== null;
const dayMs = 86_400_000;

const servers: RealServer[] = [];
const folders: string[] = [];

function newestIn(home: string): string | null {
  const versions = existsSync(home) ? readdirSync(home).filter((name) => /^\d+$/.test(name)) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  const bin = newest === undefined ? null : join(home, newest, 'bin');
  return bin !== null && existsSync(join(bin, 'initdb')) ? bin : null;
}

export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-probe-'));
  folders.push(dir);
  return dir;
}

/** Ends all servers and removes their folders. */
export async function endServers(): Promise<void> {
  const ended = servers.splice(0).map(
    ({ process: child }) =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  );
  await Promise.all(ended);
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
}

/** A key and a certificate for `host`, valid from `fromDays` to `toDays` from now. */
export function certificate(
  host: string,
  fromDays: number,
  toDays: number,
): Readonly<{ key: string; certificate: string }> {
  const dir = folder();
  const nowMs = Date.now();
  const made = selfSigned(host, nowMs + fromDays * dayMs, nowMs + toDays * dayMs);
  const files = { key: join(dir, 'key.pem'), certificate: join(dir, 'cert.pem') };
  writeFileSync(files.key, made.key, { mode: 0o600 });
  writeFileSync(files.certificate, made.certificate);
  return files;
}

export async function startRedis(...options: readonly string[]): Promise<RealServer> {
  const dir = folder();
  const port = await freePort();
  const plain = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir];
  const own = options.map((word) => word.replace('{port}', `${port}`));
  return started(redisServer, [...plain, ...own], { dir, port, sign: /Ready to accept/ });
}

/**
 * A cluster whose `me` has the password `right`, by the method of pg_hba; `settings` as `-c` has
 * them.
 */
export async function startPostgres(
  method: 'trust' | 'md5' | 'scram-sha-256' | 'password',
  settings: Readonly<Record<string, string>> = {},
  tls: Readonly<{ key: string; certificate: string }> | null = null,
): Promise<RealServer> {
  const dir = folder();
  const port = await freePort();
  const as = postgresUser();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(dir, as.uid, as.gid);
  const data = join(dir, 'data');
  const password = join(dir, 'password');
  writeFileSync(password, 'right\n', { mode: 0o644 });
  const made = spawnSync(
    join(postgresBin ?? '', 'initdb'),
    ['-D', data, '-U', 'me', '-A', method, `--pwfile=${password}`, '--no-sync', '--locale=C'],
    { ...as, encoding: 'utf8', cwd: dir },
  );
  if (made.status !== 0) throw new TypeError(`initdb: ${made.stdout}${made.stderr}`);
  const secure = tls === null ? {} : { ssl: 'on', ...copied(tls, data, as) };
  const all = {
    ...secure,
    port: `${port}`,
    listen_addresses: '127.0.0.1',
    fsync: 'off',
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return started(join(postgresBin ?? '', 'postgres'), ['-D', data, '-k', dir, ...options], {
    dir,
    port,
    sign: /ready to accept connections/,
    as,
  });
}

/** The server must own its key. */
function copied(
  tls: Readonly<{ key: string; certificate: string }>,
  data: string,
  { uid, gid }: Readonly<{ uid?: number; gid?: number }>,
): Readonly<Record<string, string>> {
  const files = { ssl_key_file: tls.key, ssl_cert_file: tls.certificate };
  return Object.fromEntries(
    Object.entries(files).map(([name, from]) => {
      const to = join(data, name);
      writeFileSync(to, readFileSync(from), { mode: 0o600 });
      if (uid !== undefined && gid !== undefined) chownSync(to, uid, gid);
      return [name, to];
    }),
  );
}

/** PostgreSQL refuses to run as root. */
export function postgresUser(): Readonly<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string): number =>
    Number(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

/** A program of this folder that prints `port N`. */
export async function startProgram(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RealServer> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const sign = /^port (\d+)/m;
  const server = await started(process.execPath, [file, ...args], {
    dir: folder(),
    port: 0,
    sign,
    env,
  });
  return server;
}

type Start = Readonly<{
  dir: string;
  /** 0: the output says it. */
  port: number;
  sign: RegExp;
  as?: Readonly<{ uid?: number; gid?: number }>;
  env?: Readonly<Record<string, string>>;
}>;

function started(file: string, args: readonly string[], start: Start): Promise<RealServer> {
  const { dir, port, sign, as = {}, env = {} } = start;
  const { promise, resolve, reject } = Promise.withResolvers<RealServer>();
  const child = spawn(file, args, {
    ...as,
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  servers.push({ port, dir, process: child });
  let output = '';
  const hear = (chunk: Buffer): void => {
    output += String(chunk);
    const found = sign.exec(output);
    if (found !== null)
      resolve({ port: port === 0 ? Number(found[1]) : port, dir, process: child });
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.once('exit', (code) => reject(new TypeError(`${file} ended (${code}): ${output}`)));
  child.once('error', reject);
  return promise;
}
