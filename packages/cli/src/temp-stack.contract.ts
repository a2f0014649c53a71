/** A stack of tiny Node scripts in a folder of its own, driven by the real `./fettle`. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';

const fettle = fileURLToPath(new URL('../../../fettle', import.meta.url));
const runMs = 60_000;

export type Ran = Readonly<{ code: number; stdout: string; stderr: string; tookMs: number }>;

export type TempStack = Readonly<{
  dir: string;
  /** Environment that `./fettle` is given. */
  env: Readonly<Record<string, string>>;
  write(name: string, text: string): void;
  /** `./fettle -C dir …`, to its end. */
  fettle(...words: string[]): Promise<Ran>;
  /** The same, left running. */
  start(...words: string[]): ChildProcess;
  status(): Promise<StatusDocument>;
  service(name: string): Promise<ServiceStatus>;
  /** Pids of what runs for this stack, the daemon's included. */
  processes(): number[];
  /** Down, then what is left over is killed and named. */
  remove(): Promise<readonly number[]>;
}>;

export function tempStack(files: Readonly<Record<string, string>>): TempStack {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-e2e-'));
  const runtime = join(dir, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const env = {
    PATH: `${join(fettle, '..', 'node_modules', 'node', 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: process.env['HOME'] ?? '/',
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    XDG_RUNTIME_DIR: runtime,
  };
  const start = (...words: string[]): ChildProcess =>
    spawn(fettle, ['-C', dir, ...words], { env, cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = (...words: string[]): Promise<Ran> => finished(start(...words), words);
  const status = async (): Promise<StatusDocument> => {
    const ran = await run('status', '--json');
    return JSON.parse(ran.stdout) as StatusDocument;
  };
  const processes = (): number[] => pidsOf(dir);
  return {
    dir,
    env,
    write,
    fettle: run,
    start,
    status,
    service: async (name) => {
      const found = (await status()).services.find((one) => one.name === name);
      if (found !== undefined) return found;
      throw new TypeError(`no service ${name}`);
    },
    processes,
    async remove() {
      await run('down');
      const left = processes();
      for (const pid of left) process.kill(pid, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true });
      return left;
    },
  };
}

async function finished(child: ChildProcess, words: readonly string[]): Promise<Ran> {
  const startMs = performance.now();
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const timer = setTimeout(() => child.kill('SIGKILL'), runMs);
  const code = await new Promise<number>((resolve) =>
    child.once('close', (status, signal) => resolve(status ?? (signal === null ? -1 : -2))),
  );
  clearTimeout(timer);
  if (code === -2) stderr += `\n(${words.join(' ')} was killed after ${runMs} ms)`;
  return { code, stdout, stderr, tookMs: performance.now() - startMs };
}

/** Services work in the folder; daemons have it in their arguments. */
function pidsOf(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongs(pid, dir));
}

function belongs(pid: number, dir: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(dir)) return true;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir);
  } catch {
    return false;
  }
}

/** Asks until `done` says yes; the last answer is what the failure shows. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  done: (answer: Answer) => boolean,
  waitMs = 10_000,
): Promise<Answer> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (performance.now() > endMs)
      throw new TypeError(`not within ${waitMs} ms; last: ${JSON.stringify(answer, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Holds a port as a process of somebody else's would. */
export async function holdPort(): Promise<Readonly<{ port: number; release(): Promise<void> }>> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { port, release } = await holdPort();
  await release();
  return port;
}

/** Answers `/healthz` with 200 on PORT. */
export const webScript = `
const { createServer } = require('node:http');
createServer((request, response) => response.end('ok'))
  .listen(process.env.PORT, process.env.HOST ?? '127.0.0.1', () => console.log('listening'));
`;

/** Dies as a service does whose database is away. */
export const refusedScript = `
const { connect } = require('node:net');
console.log('connecting to the database');
connect(5432, '127.0.0.1').on('error', (error) => {
  console.error(error);
  process.exit(1);
});
`;

export const workerScript = `
console.log('worker is up');
setInterval(() => console.log('tick'), 200);
`;

/** Ignores PORT and insists on its own. */
export const stubbornScript = (port: number): string => `
const { createServer } = require('node:http');
createServer(() => undefined).listen(${port}, '127.0.0.1');
`;
