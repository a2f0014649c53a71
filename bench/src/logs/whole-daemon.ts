/**
 * The same flood through all of Fettle: the real supervisor and controller, started by `./fettle
 * up -d`, their CPU from /proc, and every line read back through `./fettle logs`. Once as it is,
 * once with a `kill -9` of the controller on the way.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuSeconds } from '../supervise/usage.ts';

const launcher = fileURLToPath(new URL('../../../fettle', import.meta.url));
const printer = fileURLToPath(new URL('./service.ts', import.meta.url));
const run = promisify(execFile);
const deadlineMs = 300_000;

export type DaemonSample = Readonly<{
  supervisorCpuSeconds: number;
  controllerCpuSeconds: number;
  serviceSeconds: number;
  found: number;
  broken: number;
  /** `./fettle logs -n all` from its start to its end. */
  readSeconds: number;
}>;

/** `kill`: half way, the controller. */
export type Flood = Readonly<{ bytes: number; kill: boolean }>;

export async function floodDaemon(
  lines: number,
  lineBytes: number,
  kill: boolean,
): Promise<DaemonSample> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-bench-daemon-'));
  const go = join(dir, 'go');
  const script = `until [ -e ${go} ]; do sleep 0.1; done; exec ${process.execPath} ${printer} ${lines}`;
  const command = ['/bin/sh', '-c', script];
  writeFileSync(
    join(dir, 'fettle.json'),
    JSON.stringify({ name: 'bench', services: { printer: { command, restart: 'no' } } }),
  );
  try {
    await run(launcher, ['-C', dir, 'up', '-d']);
    return await measure(dir, go, { bytes: lines * lineBytes, kill });
  } finally {
    await run(launcher, ['-C', dir, 'down']);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(dir: string, go: string, { bytes, kill }: Flood): Promise<DaemonSample> {
  const folder = join(dir, '.fettle', 'logs', 'printer.1');
  await delay(3_000); // start-up work settles
  const daemon = daemonOf(dir);
  const supervisorBefore = cpuSeconds([daemon.supervisorPid]);
  const controllerBefore = cpuSeconds([daemon.controllerPid]);
  const beganMs = performance.now();
  writeFileSync(go, '');
  const spool = join(folder, readdirSync(folder).find((name) => name.endsWith('.log')) ?? '');
  let killedSeconds = 0;
  if (kill) {
    await until(() => statSync(spool).size >= bytes / 2);
    killedSeconds = cpuSeconds([daemon.controllerPid]);
    process.kill(daemon.controllerPid, 'SIGKILL');
  }
  await until(() => statSync(spool).size >= bytes);
  const serviceSeconds = (performance.now() - beganMs) / 1_000;
  const full = Math.floor(bytes / (16 * 1_048_576)) - 1;
  await until(() => readdirSync(folder).filter((name) => name.endsWith('.zst')).length >= full);
  await delay(2_000); // the last lines are indexed within a second
  return {
    supervisorCpuSeconds: cpuSeconds([daemon.supervisorPid]) - supervisorBefore,
    controllerCpuSeconds:
      killedSeconds + cpuSeconds([daemonOf(dir).controllerPid]) - controllerBefore,
    serviceSeconds,
    ...(await readBack(dir)),
  };
}

function daemonOf(dir: string): Readonly<{ supervisorPid: number; controllerPid: number }> {
  const file = readFileSync(join(dir, '.fettle', 'daemon.json'), 'utf8');
  return JSON.parse(file) as { supervisorPid: number; controllerPid: number };
}

type Reading = Readonly<{ found: number; broken: number; readSeconds: number }>;

/** Every line of `./fettle logs printer -n all`, held against the number that it should have. */
async function readBack(dir: string): Promise<Reading> {
  const beganMs = performance.now();
  const words = ['-C', dir, 'logs', 'printer', '-n', 'all'];
  const reader = spawn(launcher, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(reader, 'exit', { signal: AbortSignal.timeout(deadlineMs) });
  let found = 0;
  let broken = 0;
  let rest = '';
  for await (const bytes of reader.stdout.setEncoding('latin1')) {
    const texts = (rest + String(bytes)).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      // Only what the service wrote begins with its number; ours is a boundary.
      if (!/^\d{8} /.test(text) && text.includes('process ended')) continue;
      if (text.length !== 119 || Number(text.slice(0, 8)) !== found) broken += 1;
      found += 1;
    }
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0 || rest !== '') broken += 1;
  return { found, broken, readSeconds: (performance.now() - beganMs) / 1_000 };
}

async function until(accept: () => boolean): Promise<void> {
  for (const endMs = Date.now() + deadlineMs; !accept(); await delay(50))
    if (Date.now() > endMs) throw new RangeError('not done in time');
}
