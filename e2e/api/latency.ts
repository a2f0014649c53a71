/**
 * How long the API takes with 100 users at once, beside the floor: a bare node:http server that
 * answers the same bytes, measured in the same run by the same client, one after the other.
 *
 * Run: node tools/run.mjs e2e/api/latency.ts
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { startLiveApi } from './live-api.ts';

export type Latency = Readonly<{ p50Ms: number; p95Ms: number; p99Ms: number; perSecond: number }>;

const users = 100;
const rounds = 60;

export async function measure(url: string): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: users });
  await crowd(url, agent, 10);
  const startMs = performance.now();
  const took = (await crowd(url, agent, rounds)).toSorted((one, other) => one - other);
  const seconds = (performance.now() - startMs) / 1_000;
  agent.destroy();
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? Number.NaN;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), perSecond: took.length / seconds };
}

/** Each user asks again as soon as it was answered, after a pause of 100 ms on average. */
async function crowd(url: string, agent: Agent, times: number): Promise<readonly number[]> {
  const took: number[] = [];
  const user = async (number: number): Promise<void> => {
    for (let round = 0; round < times; round += 1) {
      await pause(50 + ((number * 37 + round * 61) % 100));
      took.push(await once(url, agent));
    }
  };
  await Promise.all(Array.from({ length: users }, (_, number) => user(number)));
  return took;
}

function once(url: string, agent: Agent): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const startMs = performance.now();
  const sent = request(url, { agent }, (answer) => {
    answer.resume();
    answer.once('end', () => resolve(performance.now() - startMs));
  });
  sent.once('error', reject);
  sent.end();
  return promise;
}

function pause(waitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, waitMs);
  return promise;
}

/** A server in a process of its own that answers `body`. */
export async function startFloor(
  body: string,
): Promise<Readonly<{ url: string; child: ChildProcess }>> {
  const program =
    "const b=process.argv[1];require('node:http').createServer((q,r)=>{r.setHeader('content-type'," +
    "'application/json');r.end(b)}).listen(0,'127.0.0.1',function(){console.log(this.address().port)})";
  const child = spawn(process.execPath, ['-e', program, body], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = Promise.withResolvers<string>();
  child.stdout.once('data', (data: Buffer) => port.resolve(String(data).trim()));
  return { url: `http://127.0.0.1:${await port.promise}/`, child };
}

export async function compareWithFloor(): Promise<Readonly<{ api: Latency; floor: Latency }>> {
  const live = await startLiveApi();
  try {
    const body = await (await live.get('/api/v1/status')).text();
    const floor = await startFloor(body);
    try {
      return {
        floor: await measure(floor.url),
        api: await measure(`${live.daemon().url}/api/v1/status`),
      };
    } finally {
      floor.child.kill();
    }
  } finally {
    await live.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${JSON.stringify(await compareWithFloor(), null, 2)}\n`);
