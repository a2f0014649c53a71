/**
 * Four services that each want more than they may have, under the real daemon. What holds them
 * depends on the machine and the user, so each result names it beside what was seen.
 * Run it: `node tools/run.mjs e2e/limits/limited-stack.ts [off]`, `off` without control groups.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listProcesses, withDescendants } from '@fettle/proc/process-tree';
import { ticksPerSecond } from '@fettle/proc/process-stat';
import type { InstanceStatus, StatusDocument } from '@fettle/sdk/api/status';
import type { WhyDocument } from '@fettle/sdk/api/documents';
import { fettleIn } from '../live-shop.ts';

export type Seen = Readonly<{
  service: 'eater' | 'spinner' | 'breeder' | 'opener';
  by: string;
  /** Why the kernel does not hold it; null: it does. */
  note: string | null;
  seen: string;
  /** Was the limit kept, as far as its holder can? */
  kept: boolean;
}>;

/** Eats 8 MiB at a time, touching each page, until it is stopped. */
const eater = `kept = []
import time
while True:
    kept.append(bytearray(8 << 20))
    time.sleep(0.02)`;
/** Says how many children it could have; then waits. */
const breeder = `import os, sys, time
born = 0
for _ in range(60):
    try:
        if os.fork() == 0:
            time.sleep(300)
            os._exit(0)
        born += 1
    except OSError as error:
        break
print("born", born, flush=True)
time.sleep(300)`;
const spinner = 'while True: pass';
const opener =
  'import resource, time; print("files", resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True); time.sleep(300)';

/** Leaves its session and forgets its environment: only a control group still knows it. */
export const runaway = 'setsid env -i /bin/sleep 1234 & exec sleep 1000';

const limits = { memoryMb: 64, cpus: 0.2, tasks: 20, files: 77 } as const;

function config(): string {
  const command = (text: string): string => JSON.stringify(['python3', '-c', text]);
  return `services:
  eater: { command: ${command(eater)}, mem_limit: ${limits.memoryMb}m }
  spinner: { command: ${command(spinner)}, cpus: ${limits.cpus} }
  breeder: { command: ${command(breeder)}, pids_limit: ${limits.tasks} }
  opener: { command: ${command(opener)}, ulimits: { nofile: ${limits.files} } }
`;
}

export type LimitedStack = Readonly<{
  dir: string;
  look(): Promise<readonly Seen[]>;
  wide(): Promise<string>;
  upText: string;
  close(): Promise<void>;
}>;

export async function openLimited(): Promise<LimitedStack> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-limits-'));
  writeFileSync(join(dir, 'fettle.yaml'), config());
  const up = await fettleIn(dir, ['up', '-d']);
  const status = async (): Promise<StatusDocument> =>
    JSON.parse((await fettleIn(dir, ['status', '--json'])).stdout) as StatusDocument;
  const one = async (name: string): Promise<InstanceStatus> => {
    const found = (await status()).services.find((service) => service.name === name);
    if (found?.instances[0] === undefined) throw new TypeError(`the stack has ${name}`);
    return found.instances[0];
  };
  const stack = { dir, status, one };
  return {
    dir,
    upText: up.stderr,
    look: async () => [
      await seeMemory(stack),
      await seeProcesses(stack),
      await seeCpu(stack),
      await seeFiles(stack),
    ],
    wide: async () => (await fettleIn(dir, ['status', '-o', 'wide'])).stdout,
    async close() {
      await fettleIn(dir, ['down']);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

type Stack = Readonly<{ dir: string; one: (name: string) => Promise<InstanceStatus> }>;

const waitMs = 20_000;

/** Looks again and again until something is seen. @throws TypeError after 20 s. */
async function until<Value>(what: string, look: () => Promise<Value | null>): Promise<Value> {
  const limitMs = performance.now() + waitMs;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    if (performance.now() > limitMs) throw new TypeError(`not within ${waitMs} ms: ${what}`);
  }
}

/** A service that dies again and again has a live run now and then only. */
function holderOf(stack: Stack, name: string): Promise<Pick<Seen, 'by' | 'note'>> {
  return until(`${name} runs`, async () => {
    const [limit] = (await stack.one(name)).limits ?? [];
    return limit === undefined ? null : { by: limit.by, note: limit.why };
  });
}

async function seeMemory(stack: Stack): Promise<Seen> {
  const holder = await holderOf(stack, 'eater');
  const wanted =
    holder.by === 'watched'
      ? 'it went over its memory limit'
      : 'killed by the kernel: it went over';
  const why = await until('why tells of memory', async () => {
    const text = (await fettleIn(stack.dir, ['why', 'eater', '--json'])).stdout;
    const { why: sentence } = JSON.parse(text) as WhyDocument;
    return sentence?.includes(wanted) === true ? sentence : null;
  });
  return { service: 'eater', ...holder, seen: why, kept: true };
}

async function seeProcesses(stack: Stack): Promise<Seen> {
  const holder = await holderOf(stack, 'breeder');
  if (holder.by === 'watched') {
    const exit = await until('the breeder is ended', async () => {
      const { lastExit } = await stack.one('breeder');
      return lastExit?.endedBy === 'process-limit' ? lastExit.text : null;
    });
    return { service: 'breeder', ...holder, seen: exit, kept: true };
  }
  const said = await logOf(stack, 'breeder', /born (\d+)/);
  const born = Number(said[1]);
  return { service: 'breeder', ...holder, seen: said[0], kept: born > 0 && born < limits.tasks };
}

async function seeCpu(stack: Stack): Promise<Seen> {
  const holder = await holderOf(stack, 'spinner');
  const { pid } = await stack.one('spinner');
  const beganMs = performance.now();
  const before = ticksOf(pid ?? 0);
  await until('a second has passed', async () => {
    await stack.one('spinner');
    return performance.now() - beganMs > 2_000 ? true : null;
  });
  const seconds = (performance.now() - beganMs) / 1_000;
  const cores = (ticksOf(pid ?? 0) - before) / ticksPerSecond / seconds;
  const kept = holder.by === 'watched' || cores < limits.cpus * 1.5;
  return { service: 'spinner', ...holder, seen: `${cores.toFixed(2)} cores`, kept };
}

async function seeFiles(stack: Stack): Promise<Seen> {
  const holder = await holderOf(stack, 'opener');
  const said = await logOf(stack, 'opener', /files (\d+)/);
  return { service: 'opener', ...holder, seen: said[0], kept: Number(said[1]) === limits.files };
}

function logOf({ dir }: Stack, name: string, form: RegExp): Promise<RegExpExecArray> {
  return until(`${name} says ${form.source}`, async () =>
    form.exec((await fettleIn(dir, ['logs', name])).stdout),
  );
}

function ticksOf(pid: number): number {
  const processes = listProcesses();
  let ticks = 0;
  for (const member of withDescendants([pid], processes)) {
    const stat = processes.get(member);
    ticks += (stat?.userTicks ?? 0) + (stat?.systemTicks ?? 0);
  }
  return ticks;
}

if (process.argv[1]?.endsWith('limited-stack.ts') === true) {
  if (process.argv[2] === 'off') process.env['FETTLE_CGROUPS'] = 'off';
  const stack = await openLimited();
  try {
    const seen = await stack.look();
    console.log(`groups of this process:\n${readFileSync('/proc/self/cgroup', 'utf8').trim()}`);
    for (const one of seen) console.log(JSON.stringify(one));
    console.log(await stack.wide());
    process.exitCode = seen.every(({ kept }) => kept) ? 0 : 1;
  } finally {
    await stack.close();
  }
}
