/**
 * The shop with three replicas of its API under steady load, while they are replaced: by
 * `restart --rolling`, by `up` after an edit, and (so that the figure can be anything but zero) by
 * a plain `restart`. Between them both daemons are killed and started anew: the replicas serve on. Run it: `node tools/run.mjs e2e/rolling/rolling.ts [requests a second]`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { copyShop, fettleIn, liveStack, type LiveStack } from '../live-shop.ts';
import { startLoad, type LoadResult } from './steady-load.ts';

export type What =
  | 'nothing'
  | 'restart --rolling'
  | 'up after an edit'
  | 'both daemons killed'
  | 'restart';

export type RollingResult = Readonly<{
  /** `nothing`: what the machine makes of the load alone. */
  what: What;
  load: LoadResult;
  /** Of three: how many run as another process afterwards. */
  replaced: number;
  /** Fewest addresses that the front end could choose from. */
  fewestServing: number;
  /** Requests that the front end had to ask of a second replica. */
  askedAnother: number;
  tookMs: number;
  code: number;
}>;

const replicas = 3;

export async function openReplicatedShop(): Promise<LiveStack> {
  const dir = copyShop();
  edit(dir, 'first');
  const up = await fettleIn(dir, ['up', '-d', '--wait', '--wait-timeout', '90s']);
  if (up.code === 0) return liveStack(dir);
  await fettleIn(dir, ['down']);
  throw new RangeError(`fettle up ended with ${up.code}:\n${up.stdout}${up.stderr}`);
}

/** Over the shop's own file; its own customers stay at home. */
function edit(dir: string, edition: string): void {
  const text = `services:
  api: { scale: ${replicas}, environment: { EDITION: ${edition} } }
  traffic: { environment: { RATE: '0.1' } }
`;
  writeFileSync(join(dir, 'fettle.local.yaml'), text);
}

export async function measure(
  shop: LiveStack,
  what: What,
  perSecond: number,
): Promise<RollingResult> {
  const before = await apiOf(shop);
  const web = (await shop.status()).services.find(({ name }) => name === 'web');
  const load = startLoad(`http://127.0.0.1:${web?.port ?? 0}`, perSecond);
  const watch = watchServing(shop.dir);
  const beganMs = performance.now();
  const askedBefore = await countAsked(shop);
  const answer = await act(shop, what);
  const tookMs = Math.round(performance.now() - beganMs);
  const fewestServing = watch.stop();
  const result = await load.stop();
  const pids = new Set(before.instances.map(({ pid }) => pid));
  const after = await apiOf(shop);
  return {
    what,
    load: result,
    replaced: after.instances.filter(({ pid }) => pid !== null && !pids.has(pid)).length,
    fewestServing,
    askedAnother: (await countAsked(shop)) - askedBefore,
    tookMs,
    code: answer.code,
  };
}

async function act(shop: LiveStack, what: What) {
  if (what === 'nothing')
    return shop.fettle('wait', 'api', '--state', 'failing', '--timeout', '4s');
  if (what === 'both daemons killed') {
    const { supervisorPid, controllerPid } = (await shop.status()).daemon;
    for (const pid of [supervisorPid, controllerPid])
      if (pid !== null) process.kill(pid, 'SIGKILL');
    await shop.fettle('up', '-d');
    return shop.fettle('wait', 'api', '--timeout', '60s');
  }
  if (what === 'restart') return shop.fettle('restart', 'api');
  if (what === 'restart --rolling') return shop.fettle('restart', '--rolling', 'api');
  edit(shop.dir, 'second');
  return shop.fettle('up', '-d', '--wait', '--wait-timeout', '90s');
}

async function apiOf(shop: LiveStack): Promise<ServiceStatus> {
  const found = (await shop.status()).services.find(({ name }) => name === 'api');
  if (found === undefined) throw new TypeError('the shop has an api');
  return found;
}

/** The front end notes each request that it had to ask of another replica. */
async function countAsked(shop: LiveStack): Promise<number> {
  const answer = await shop.fettle('logs', 'web', '--since', '1h', '--grep', 'asked another');
  return answer.stdout.split('\n').filter((line) => line.includes('asked another')).length;
}

const lookMs = 20;

function watchServing(dir: string): Readonly<{ stop: () => number }> {
  let fewest = Infinity;
  const look = (): void => {
    const text = readFileSync(join(dir, '.fettle/endpoints/api.json'), 'utf8');
    const { endpoints } = JSON.parse(text) as { endpoints: readonly unknown[] };
    fewest = Math.min(fewest, endpoints.length);
  };
  look();
  const timer = setInterval(look, lookMs);
  return {
    stop() {
      clearInterval(timer);
      return fewest;
    },
  };
}

const phases: readonly What[] = [
  'nothing',
  'restart --rolling',
  'up after an edit',
  'both daemons killed',
  'restart',
];
/** Phases in which every replica keeps its process. */
const untouched = { nothing: true, 'both daemons killed': true };

if (process.argv[1]?.endsWith('rolling.ts') === true) {
  const perSecond = Number(process.argv[2] ?? 200);
  const shop = await openReplicatedShop();
  try {
    const results: RollingResult[] = [];
    for (const what of phases) {
      const result = await measure(shop, what, perSecond);
      results.push(result);
      console.log(JSON.stringify(result));
    }
    const rolling = results.filter(({ what }) => what !== 'nothing' && what !== 'restart');
    const failed = rolling.reduce((sum, { load }) => sum + load.failed, 0);
    const plain = results.at(-1)?.load.failed ?? 0;
    const late = rolling.reduce((sum, { load }) => sum + load.late, 0);
    console.log(`rolling: ${failed} failed requests, ${late} of them late; all at once: ${plain}`);
    const all = results.every(
      ({ what, replaced }) => replaced === (what in untouched ? 0 : replicas),
    );
    process.exitCode = failed === 0 && plain > 0 && all ? 0 : 1;
  } finally {
    await shop.close();
  }
}
