/**
 * From a hang to serving again, through the whole product: a busy event loop and a stopped process.
 *
 * The bound is what the check's settings promise: interval x down + timeout + start + interval x
 * (up - 1) + 1 s for a kill and a new start, interval x down + timeout + 1 s for a stopped process.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const launcher = fileURLToPath(new URL('../../../fettle', import.meta.url));
const run = promisify(execFile);
const check = { intervalMs: 1_000, timeoutMs: 500, down: 3, up: 2 };
const giveUpMs = 30_000;

const program = `
import { createServer } from 'node:http';
createServer((request, response) => {
  response.end(String(process.pid));
  if (request.url === '/hang') setImmediate(() => { for (;;); });
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const config = {
  name: 'bench-hang',
  services: {
    server: {
      command: [process.execPath, 'server.mjs'],
      port: '18900-18999',
      health: {
        http: '/healthz',
        interval: `${check.intervalMs}ms`,
        timeout: `${check.timeoutMs}ms`,
        retries: check.down,
        start_period: '5s',
        start_interval: '200ms',
      },
    },
  },
};

async function answer(url: string): Promise<number | null> {
  try {
    return Number(await (await fetch(url, { signal: AbortSignal.timeout(200) })).text());
  } catch {
    return null;
  }
}

/** Until the server answers again, and who answered; NaN when nobody does. */
async function untilAnswer(url: string): Promise<Readonly<{ ms: number; pid: number }>> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < giveUpMs) {
    const pid = await answer(url);
    if (pid !== null) return { ms: performance.now() - startedMs, pid };
    await pause(10);
  }
  return { ms: Number.NaN, pid: Number.NaN };
}

export type HangFigure = Readonly<{ name: string; samplesMs: readonly number[]; boundMs: number }>;

export async function hangToServing(rounds: number): Promise<readonly HangFigure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-bench-'));
  writeFileSync(join(dir, 'server.mjs'), program);
  writeFileSync(join(dir, 'fettle.json'), JSON.stringify(config));
  const startedMs = performance.now();
  await run(launcher, ['-C', dir, 'up', '-d', '--wait']);
  const startMs = performance.now() - startedMs;
  const status = await run(launcher, ['-C', dir, 'status', '--json']);
  const { port } =
    (JSON.parse(status.stdout) as { services: { port: number }[] }).services[0] ?? {};
  const url = `http://127.0.0.1:${port}/`;
  const found = check.intervalMs * check.down + check.timeoutMs + 1_000;
  const busy: number[] = [];
  const stopped: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      await answer(`${url}hang`);
      const mended = await untilAnswer(url);
      busy.push(mended.ms);
      if (Number.isNaN(mended.pid)) continue;
      process.kill(mended.pid, 'SIGSTOP');
      stopped.push((await untilAnswer(url)).ms);
    }
  } finally {
    await run(launcher, ['-C', dir, 'down']);
    rmSync(dir, { recursive: true, force: true });
  }
  return [
    {
      name: 'busy loop',
      samplesMs: busy,
      boundMs: found + startMs + check.intervalMs * (check.up - 1),
    },
    { name: 'SIGSTOP', samplesMs: stopped, boundMs: found },
  ];
}
