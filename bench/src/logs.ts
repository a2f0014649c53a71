/**
 * `npm run bench logs [rounds]`: a service prints 2,000,000 lines of 120 bytes into its spool; what
 * does it cost to follow and index them, and is every line there afterwards?
 *
 * Three cases per round: followed, followed with rotation, and with rotation and a `kill -9` of the
 * indexing process on the way. Figures are medians; CPU counts from when the process was ready.
 * Then the same through the real supervisor and controller, without and with a kill of the
 * controller, and every line read back through the real `./fettle logs`.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Answer, Ask } from './logs/indexer.ts';
import { floodDaemon, type DaemonSample } from './logs/whole-daemon.ts';
import { writeResult } from './result.ts';

const lines = 2_000_000;
const lineBytes = 120;
const budgetCpuSeconds = 1.5;
const deadlineMs = 300_000;
const never = 2 ** 50;
const cases = [
  { name: 'followed', segmentBytes: never, kill: false },
  { name: 'rotated', segmentBytes: 16 * 1_048_576, kill: false },
  { name: 'rotated and killed', segmentBytes: 16 * 1_048_576, kill: true },
] as const;
type Case = (typeof cases)[number];

type Sample = Readonly<{
  cpuSeconds: number;
  serviceSeconds: number;
  found: number;
  broken: number;
  errors: number;
  diskMiB: number;
}>;

const here = (name: string): string => fileURLToPath(new URL(`./logs/${name}`, import.meta.url));
const node = ['--conditions=source', '--disable-warning=ExperimentalWarning'];

async function ready(args: readonly string[]): Promise<readonly [ChildProcess, number]> {
  const indexer = fork(here('indexer.ts'), args, { execArgv: node });
  const [answer] = (await once(indexer, 'message', inTime())) as [Answer];
  return [indexer, answer.cpuSeconds];
}

const inTime = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(deadlineMs) });

async function ask(indexer: ChildProcess, question: Ask): Promise<Answer> {
  indexer.send(question);
  const [answer] = (await once(indexer, 'message', inTime())) as [Answer];
  return answer;
}

async function measure({ segmentBytes, kill }: Case): Promise<Sample> {
  const stateDir = mkdtempSync(join(tmpdir(), 'fettle-bench-logs-'));
  const folder = join(stateDir, 'logs', 'printer.1');
  mkdirSync(folder, { recursive: true });
  const spool = join(folder, 'b-1.log');
  const out = openSync(spool, 'a');
  try {
    const args = [stateDir, 'printer.1', 'b-1', String(segmentBytes)];
    let [indexer, before] = await ready(args);
    const beganMs = performance.now();
    const service = spawn(process.execPath, [...node, here('service.ts'), String(lines)], {
      stdio: ['ignore', out, 'inherit'],
    });
    const ended = once(service, 'exit', inTime());
    let cpuSeconds = 0;
    if (kill) {
      while (statSync(spool).size < (lines * lineBytes) / 2) await delay(20);
      cpuSeconds += (await ask(indexer, { kind: 'catch-up' })).cpuSeconds - before;
      indexer.kill('SIGKILL');
      await once(indexer, 'exit', inTime());
      [indexer, before] = await ready(args);
    }
    await ended;
    const serviceSeconds = (performance.now() - beganMs) / 1_000;
    cpuSeconds += (await ask(indexer, { kind: 'catch-up' })).cpuSeconds - before;
    const { found, broken, errors } = await ask(indexer, { kind: 'verify' });
    await ask(indexer, { kind: 'stop' });
    const diskMiB = (statSync(spool).blocks * 512) / 1_048_576;
    return { cpuSeconds, serviceSeconds, found, broken, errors, diskMiB };
  } finally {
    closeSync(out);
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 100) / 100;
}

/**
 * Supervisor and controller together, everything else that they do included; with a kill also the
 * start of another controller.
 */
async function daemonFigures(rounds: number, kill: boolean) {
  const name = kill ? 'whole daemon, killed' : 'whole daemon';
  const samples: DaemonSample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const sample = await floodDaemon(lines, lineBytes, kill);
    samples.push(sample);
    console.log(name.padEnd(20), JSON.stringify(sample));
  }
  const cpuSeconds = median(
    samples.map((sample) => sample.supervisorCpuSeconds + sample.controllerCpuSeconds),
  );
  const lost = samples.reduce((sum, { found }) => sum + Math.abs(lines - found), 0);
  const broken = samples.reduce((sum, sample) => sum + sample.broken, 0);
  const readSeconds = median(samples.map((sample) => sample.readSeconds));
  const readLinesPerSecond = Math.round(lines / readSeconds);
  const isMet = lost === 0 && broken === 0 && cpuSeconds <= budgetCpuSeconds;
  return { name, cpuSeconds, lost, broken, readSeconds, readLinesPerSecond, isMet, samples };
}

export async function run([rounds = '3']: readonly string[]): Promise<void> {
  const samples = new Map<string, Sample[]>(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(rounds); round += 1)
    for (const each of cases) {
      const sample = await measure(each);
      samples.get(each.name)?.push(sample);
      console.log(each.name.padEnd(20), JSON.stringify(sample));
    }
  const daemon = [
    await daemonFigures(Number(rounds), false),
    await daemonFigures(Number(rounds), true),
  ];
  const figures = [...samples].map(([name, all]) => ({
    name,
    cpuSeconds: median(all.map((sample) => sample.cpuSeconds)),
    serviceSeconds: median(all.map((sample) => sample.serviceSeconds)),
    lost: all.reduce((sum, { found }) => sum + Math.abs(lines - found), 0),
    broken: all.reduce((sum, { broken }) => sum + broken, 0),
    errorsMissed: all.reduce((sum, { errors }) => sum + Math.abs(lines / 8 - errors), 0),
    spoolOnDiskMiB: median(all.map((sample) => sample.diskMiB)),
    samples: all,
  }));
  for (const { name, cpuSeconds, lost, broken } of figures)
    console.log(`${name.padEnd(20)} ${cpuSeconds} CPU s, ${lost} lost, ${broken} broken`);
  const isMet = figures.every(
    ({ cpuSeconds, lost, broken, errorsMissed }) =>
      cpuSeconds <= budgetCpuSeconds && lost === 0 && broken === 0 && errorsMissed === 0,
  );
  for (const { name, cpuSeconds, lost, broken, readSeconds, readLinesPerSecond } of daemon)
    console.log(
      `${name.padEnd(20)} ${cpuSeconds} CPU s, ${lost} lost, ${broken} broken; ` +
        `./fettle logs -n all: ${readSeconds} s, ${readLinesPerSecond} lines/s`,
    );
  const met = isMet && daemon.every((each) => each.isMet);
  writeResult('logs', { lines, lineBytes, budgetCpuSeconds, met, figures, daemon });
  if (!met) process.exitCode = 1;
}
