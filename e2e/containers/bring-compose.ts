/**
 * Brings an unmodified Compose file up, does to it what happens in life, and says what was seen:
 * `node tools/run.mjs e2e/containers/bring-compose.ts`, as root with `docker.io`, `busybox-static`,
 * `postgresql` and `redis-server` of Debian.
 */
import { fileURLToPath } from 'node:url';
import { listContainers } from '@fettle/containers/ensure-container';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';
import { api, buildDatabases, compose, whyNoDatabases } from './compose-stack.ts';
import { startEngine, whyNoEngine, type TestEngine } from './engine.kit.ts';

export type Brought = Readonly<{
  /** `fettle up -d --wait` with its exit code. */
  upCode: number;
  upMs: number;
  /** Names in the order in which they were ready. */
  readyOrder: readonly string[];
  /** What the API says of both databases; what a container heard from it. */
  visits: string;
  heard: boolean;
  links: string;
  killed: Mended;
  stopped: Mended;
  /** After `kill -9` of the daemon and `fettle up`. */
  adopted: Readonly<{ sameContainers: boolean; sameStarts: boolean; restartsAdded: number }>;
}>;
export type Mended = Readonly<{ backMs: number; why: string }>;

type Document = Readonly<{ Id: string; State: Readonly<{ Pid: number; StartedAt: string }> }>;

export async function bringCompose(engine: TestEngine): Promise<Brought> {
  const stack = roughStack({ 'compose.yaml': compose, 'api.py': api }, { env: engine.env });
  try {
    return await watched(engine, stack);
  } finally {
    await stack.remove();
  }
}

async function watched(engine: TestEngine, stack: RoughStack): Promise<Brought> {
  const inspect = (name: string) => engine.engine.ask<Document>('GET', `/containers/${name}/json`);
  const up = await stack.fettle('up', '-d', '--wait', '--wait-timeout', '60s');
  if (up.code !== 0) throw new TypeError(up.out + up.err);
  const visits = await until(
    () => visitsOf(stack),
    (text) => text.startsWith('visits'),
  );
  const links = (await stack.fettle('links')).out.split('\n')[0] ?? '';
  const { out: heard } = await until(
    () => stack.fettle('logs', 'asker', '-n', '20'),
    ({ out }) => out.includes('visits'),
  );
  const killed = await mended(
    stack,
    'db',
    async () => void process.kill((await inspect('bring-db-1')).State.Pid, 'SIGKILL'),
  );
  const stopped = await mended(stack, 'cache', () =>
    engine.engine.ask('POST', '/containers/bring-cache-1/stop'),
  );
  const facts = async () => {
    const rows = await listContainers(engine.engine, stack.paths().hash);
    const ids = rows.map(({ Id }) => Id).toSorted();
    const starts = await Promise.all(ids.map(async (id) => (await inspect(id)).State.StartedAt));
    const { services } = await stack.status();
    return { ids, starts, restarts: services.reduce((sum, one) => sum + one.restarts, 0) };
  };
  const before = await facts();
  process.kill(stack.supervisorPid(), 'SIGKILL');
  await stack.fettle('up', '-d', '--wait');
  const after = await facts();
  return {
    upCode: up.code,
    upMs: Math.round(up.tookMs),
    readyOrder: [
      ...up.out.matchAll(/^ +● (\w+) +ready/gm),
      ...up.err.matchAll(/^ +● (\w+) +ready/gm),
    ].map((found) => found[1] ?? ''),
    visits: visits.trim(),
    heard: heard.includes('visits'),
    links,
    killed,
    stopped,
    adopted: {
      sameContainers: `${before.ids}` === `${after.ids}`,
      sameStarts: `${before.starts}` === `${after.starts}`,
      restartsAdded: after.restarts - before.restarts,
    },
  };
}

async function visitsOf(stack: RoughStack): Promise<string> {
  const { port } = await stack.service('api');
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  return answer.text();
}

/** Until it was started anew and is ok. */
async function mended(
  stack: RoughStack,
  name: string,
  harm: () => Promise<unknown>,
): Promise<Mended> {
  const { restarts } = await stack.service(name);
  const startMs = performance.now();
  await harm();
  await until(
    () => stack.service(name),
    (now) => now.restarts > restarts && now.state === 'ok',
    30_000,
  );
  const backMs = Math.round(performance.now() - startMs);
  return { backMs, why: (await stack.fettle('why', name)).out.trim() };
}

async function main(): Promise<void> {
  const missing = whyNoEngine() ?? whyNoDatabases();
  if (missing !== null) throw new TypeError(missing);
  const engine = await startEngine();
  try {
    await buildDatabases(engine);
    console.log(JSON.stringify(await bringCompose(engine), null, 1));
  } finally {
    await engine.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
