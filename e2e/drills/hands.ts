/** What several faults do to a stack, and how several signals are seen, without asking Fettle. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Dice } from './dice.ts';
import {
  askService,
  pidOf,
  serviceOf,
  until,
  type DrillStack,
  type Program,
} from './drill-stack.ts';

/** As somebody does who does not know of Fettle. */
export async function killBehind(
  stack: DrillStack,
  service: string,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<number> {
  const pid = await pidOf(stack, service);
  process.kill(pid, signal);
  return pid;
}

/** By our own eyes: its health path answers us; without one, its run has lasted three seconds. */
export async function works(stack: DrillStack, { service, health }: Program): Promise<boolean> {
  const { pid, state } = await serviceOf(stack, service);
  if (pid === null || state === 'failing') return false;
  if (health === null) return ageS(pid) > 3;
  return (await askService(stack, service, health)).status === 200;
}

/** Seconds since a process began; 0: it is gone. */
function ageS(pid: number): number {
  try {
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    return uptime - Number(statOf(pid)[19]) / 100;
  } catch {
    return 0;
  }
}

/** HTTP programs that ask the database directly. */
export const pickApi = ({ parts }: DrillStack, dice: Dice): Program => dice.pick(parts.apis);

/** Any HTTP program behind the front, in the languages wanted. */
export function pickService({ parts }: DrillStack, dice: Dice, languages?: readonly string[]) {
  const all = [...parts.apis, ...parts.plain];
  return dice.pick(all.filter(({ language }) => languages?.includes(language) ?? true));
}

export const hasService = ({ parts }: DrillStack, language: string): boolean =>
  [...parts.apis, ...parts.plain].some((one) => one.language === language);

/** Tells the run that lives now; the next run is healthy again. */
export async function tellRun(stack: DrillStack, service: string, line: string): Promise<number> {
  const pid = await pidOf(stack, service);
  stack.tell(service, `pid=${pid} ${line}`);
  return pid;
}

/** The way back of `tellRun`: what a run keeps in its memory only goes with the run. */
export async function endRun(stack: DrillStack, service: string, pid: number): Promise<void> {
  stack.tell(service, '');
  if ((await serviceOf(stack, service)).pid === pid) await restartByHand(stack, service);
}

export async function restartsOf(stack: DrillStack, service: string): Promise<number> {
  return (await serviceOf(stack, service)).restarts;
}

/** Has another run than this one, and works. */
export const renewed =
  (stack: DrillStack, program: Program, pid: number) => async (): Promise<boolean> =>
    (await serviceOf(stack, program.service)).pid !== pid && works(stack, program);

/** `fettle restart`, for an undo: whatever state it is in. */
export async function restartByHand(stack: DrillStack, service: string): Promise<void> {
  await stack.fettle('reset', service, '--no-wait');
  await stack.fettle('restart', service, '--no-wait');
}

/** How a service comes to read an edited file: somebody restarts it, through Fettle or not. */
export async function takeUpEdit(stack: DrillStack, service: string, dice: Dice): Promise<string> {
  const byFettle = dice.chance(0.5);
  if (byFettle) await stack.fettle('restart', service, '--no-wait');
  else await killBehind(stack, service, 'SIGTERM');
  return byFettle ? 'restarted' : 'told to end';
}

/** Changes a file; the way back writes the old bytes. */
export function edit(path: string, change: (text: string) => string): () => void {
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, change(before));
  return () => writeFileSync(path, before);
}

export function editJson(
  path: string,
  change: (value: Record<string, unknown>) => object,
): () => void {
  return edit(path, (text) => {
    const value = JSON.parse(text) as Record<string, unknown>;
    return `${JSON.stringify(change(value), null, 2)}\n`;
  });
}

const statOf = (pid: number): readonly string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

/** R, S, D, T, Z; null: gone. */
export function processState(pid: number): string | null {
  try {
    return statOf(pid)[0] ?? null;
  } catch {
    return null;
  }
}

const pids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** A process and all below it. */
export function treeOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const pid of pids())
    try {
      parents.set(pid, Number(statOf(pid)[1]));
    } catch {
      // Gone in between.
    }
  const found = new Set([root]);
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, parent] of parents)
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grew = true;
      }
  }
  return [...found];
}

export const zombiesIn = (root: number): number =>
  treeOf(root).filter((pid) => processState(pid) === 'Z').length;

export function residentMb(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return (pages * 4_096) / 2 ** 20;
  } catch {
    return 0;
  }
}

export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Deleted files that it holds open below a folder, in bytes. */
export function deletedBytes(pid: number, folder: string): number {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map((fd) => `/proc/${pid}/fd/${fd}`)
      .filter((fd) => {
        const target = readlinkSync(fd);
        return target.startsWith(folder) && target.endsWith('(deleted)');
      })
      .reduce((sum, fd) => sum + statSync(fd).size, 0);
  } catch {
    return 0;
  }
}

/** CPU seconds that a process used so far. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = statOf(pid);
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** First line of the answer of a Redis-like server; `null`: none in time; the error's code else. */
export function askDatabase(
  port: number,
  command = 'PING',
  timeoutMs = 700,
): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setTimeout(timeoutMs, () => resolve(null));
  socket.on('connect', () => socket.write(`${command}\r\n`));
  socket.on('data', (data) => {
    text += String(data);
    if (text.includes('\r\n')) resolve(text.split('\r\n')[0] ?? '');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.on('close', () => resolve(text === '' ? 'closed' : text));
  return promise.finally(() => socket.destroy());
}

/** Does the database answer its own protocol? The shop's is asked over HTTP. */
export async function databaseAnswers(stack: DrillStack): Promise<boolean> {
  const { database } = stack.parts;
  if (database.health !== null) return works(stack, database);
  const answer = await askDatabase(database.port);
  return answer !== null && /^[+-]/.test(answer) && !/max|many|number/i.test(answer);
}

/** Waits until a service is what it was before the drill. */
export async function untilWorks(stack: DrillStack, program: Program): Promise<void> {
  await until(`${program.service} to work`, () => works(stack, program), 40_000);
}

/** Writes files of a total size, or of a count, until the disk takes no more. */
export function fillDisk(
  folder: string,
  wish: Readonly<{ bytesEach: number; count: number; name(index: number): string }>,
): readonly string[] {
  const written: string[] = [];
  const body = Buffer.alloc(wish.bytesEach, 0x61);
  for (let index = 0; index < wish.count; index += 1) {
    const path = join(folder, wish.name(index));
    try {
      writeFileSync(path, body);
    } catch {
      // No room for its bytes, or not even for its name.
      if (existsSync(path)) written.push(path);
      break;
    }
    written.push(path);
  }
  // Old, as what piles up is: what was just written may be in use.
  for (const [index, path] of written.entries()) {
    const at = Date.now() / 1_000 - (index + 2) * 86_400;
    utimesSync(path, at, at);
  }
  return written;
}
