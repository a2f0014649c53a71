/**
 * The same flood through all of Fettle: the real supervisor and controller, started by `./fettle
 * up -d`, their CPU from /proc, and the lines read back over the API.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LogLine } from '@fettle/sdk/api/documents';
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
}>;

export async function floodDaemon(lines: number, lineBytes: number): Promise<DaemonSample> {
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
    return await measure(dir, go, lines * lineBytes);
  } finally {
    await run(launcher, ['-C', dir, 'down']);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(dir: string, go: string, bytes: number): Promise<DaemonSample> {
  const file = readFileSync(join(dir, '.fettle', 'daemon.json'), 'utf8');
  const daemon = JSON.parse(file) as {
    supervisorPid: number;
    controllerPid: number;
    socket: string;
  };
  const folder = join(dir, '.fettle', 'logs', 'printer.1');
  await delay(3_000); // start-up work settles
  const cpu = (): readonly [number, number] => [
    cpuSeconds([daemon.supervisorPid]),
    cpuSeconds([daemon.controllerPid]),
  ];
  const before = cpu();
  const beganMs = performance.now();
  writeFileSync(go, '');
  const spool = join(folder, readdirSync(folder).find((name) => name.endsWith('.log')) ?? '');
  await until(() => statSync(spool).size >= bytes);
  const serviceSeconds = (performance.now() - beganMs) / 1_000;
  const full = Math.floor(bytes / (16 * 1_048_576)) - 1;
  await until(() => readdirSync(folder).filter((name) => name.endsWith('.zst')).length >= full);
  await delay(2_000); // the last lines are indexed within a second
  const after = cpu();
  return {
    supervisorCpuSeconds: after[0] - before[0],
    controllerCpuSeconds: after[1] - before[1],
    serviceSeconds,
    ...(await readBack(daemon.socket)),
  };
}

type Reading = { found: number; broken: number; offset: number; at: string };

/** As the CLI reads, without holding the whole answer; resumes when the server ends a long one. */
async function readBack(socketPath: string): Promise<Readonly<{ found: number; broken: number }>> {
  const reading: Reading = { found: 0, broken: 0, offset: -1, at: '1h' };
  for (let before = -1; reading.found > before;) {
    before = reading.found;
    await readOn(socketPath, reading).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code !== 'ECONNRESET') throw cause;
    });
  }
  return { found: reading.found, broken: reading.broken };
}

async function readOn(socketPath: string, reading: Reading): Promise<void> {
  const path = `/api/v1/logs?service=printer&since=${encodeURIComponent(reading.at)}`;
  const asked = request({ socketPath, path, headers: { accept: 'application/x-ndjson' } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let rest = '';
  for await (const bytes of answer.setEncoding('utf8')) {
    const lines = (rest + String(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') count(reading, JSON.parse(line) as LogLine);
  }
}

function count(reading: Reading, { kind, text, offset, at }: LogLine): void {
  if (kind !== 'line' || offset <= reading.offset) return;
  if (text.length !== 119 || Number(text.slice(0, 8)) !== reading.found) reading.broken += 1;
  reading.found += 1;
  reading.offset = offset;
  reading.at = at;
}

async function until(accept: () => boolean): Promise<void> {
  for (const endMs = Date.now() + deadlineMs; !accept(); await delay(50))
    if (Date.now() > endMs) throw new RangeError('not done in time');
}
