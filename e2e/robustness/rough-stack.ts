/**
 * A stack for rough treatment: the real `./fettle` in a folder of its own, with hands on the
 * daemon's processes. What is left at the end is killed by pid and told.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProcessStat, isLive } from '@fettle/proc/process-stat';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import { livePaths, readDaemonFile, type StatePaths } from '@fettle/sdk/daemon/paths';

export const fettle = fileURLToPath(new URL('../../fettle', import.meta.url));
const endMs = 60_000;

export type Ended = Readonly<{ code: number; out: string; err: string; tookMs: number }>;
export type Running = Readonly<{
  child: ChildProcess;
  /** What it said so far on both streams. */
  said(): string;
  ended: Promise<Ended>;
}>;

export type RoughStack = Readonly<{
  dir: string;
  paths(): StatePaths;
  write(name: string, text: string): void;
  makeFolder(name: string): void;
  start(words: readonly string[], more?: Readonly<Record<string, string>>): Running;
  fettle(...words: string[]): Promise<Ended>;
  supervisorPid(): number;
  controllerPid(): number;
  status(): Promise<StatusDocument>;
  service(name: string): Promise<ServiceStatus>;
  /** Pids of what lives for this stack, daemons included. */
  living(): readonly number[];
  /** `down`, then the folder goes; what was left. */
  remove(): Promise<readonly number[]>;
}>;

export type Place = Readonly<{
  /** Name of the folder below a fresh temporary one. */
  folder?: string;
  env?: Readonly<Record<string, string | undefined>>;
}>;

export function roughStack(files: Readonly<Record<string, string>>, place: Place = {}): RoughStack {
  const base = mkdtempSync(join(tmpdir(), 'fettle-rough-'));
  const dir = join(base, place.folder ?? 'stack');
  const runtime = join(base, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  mkdirSync(dir, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const env = {
    PATH: `${join(fettle, '..', 'node_modules', 'node', 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: process.env['HOME'] ?? '/',
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    XDG_RUNTIME_DIR: runtime,
    ...place.env,
  };
  const start: RoughStack['start'] = (words, more = {}) =>
    running(spawn(fettle, ['-C', dir, ...words], { env: { ...env, ...more }, cwd: base }));
  const run = (...words: string[]): Promise<Ended> => start(words).ended;
  const status = async (): Promise<StatusDocument> =>
    JSON.parse((await run('status', '--json')).out) as StatusDocument;
  const paths = (): StatePaths => livePaths(dir, env);
  const daemon = () => readDaemonFile(paths().daemonFile);
  return {
    dir,
    paths,
    write,
    makeFolder: (name) => void mkdirSync(join(dir, name), { recursive: true }),
    start,
    fettle: run,
    supervisorPid: () => daemon()?.supervisorPid ?? 0,
    controllerPid: () => daemon()?.controllerPid ?? 0,
    status,
    async service(name) {
      const found = (await status()).services.find((one) => one.name === name);
      if (found === undefined) throw new TypeError(`no service ${name}`);
      return found;
    },
    living: () => livingIn(base),
    async remove() {
      await run('down');
      const left = livingIn(base);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      rmSync(base, { recursive: true, force: true });
      return left;
    },
  };
}

function running(child: ChildProcess): Running {
  const startMs = performance.now();
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, out, err, tookMs: performance.now() - startMs });
    }),
  );
  return { child, said: () => out + err, ended };
}

/** By folder: services work in it, daemons have it in their arguments. */
function livingIn(base: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongs(pid, base) && isLive(readProcessStat(pid)));
}

function belongs(pid: number, base: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(base)) return true;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(base);
  } catch {
    return false;
  }
}

/** Asks until `done` says yes. @throws with the last answer when it does not within `waitMs`. */
export async function until<Answer>(
  ask: () => Answer | Promise<Answer>,
  done: (answer: Answer) => boolean,
  waitMs = 15_000,
): Promise<Answer> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (performance.now() > deadlineMs)
      throw new TypeError(`not within ${waitMs} ms; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
