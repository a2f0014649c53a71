/**
 * The example shop in a temporary folder, ready for drills: programs as they are, loaded together
 * with `tuning`, with limits, watched files and quicker checks laid over by `fettle.local.yaml`.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fettleIn, root } from '../live-shop.ts';
import { rollDice, type Dice } from './dice.ts';
import { common, type DrillStack, type Parts, type Program } from './drill-stack.ts';
import { openFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { drillPolicy } from './heal-policy.ts';
import { cannotMount, mountSmallDisk, unmount } from './small-disk.ts';

type Place = Readonly<{
  dir: string;
  controls: string;
  lib: string;
  /** First of 100 ports of this stack's own. */
  firstPort: number;
  linkPort: number | null;
  python: boolean;
}>;
export type ShopWish = Readonly<{
  seed: string;
  firstPort: number;
  /** The API reaches the ledger over a fault proxy. */
  link: boolean;
}>;

const programs = join(import.meta.dirname, 'programs');
/** Offsets of the ports from the first one. */
const portOf: Readonly<Record<string, number>> = {
  ledger: 0,
  pricing: 10,
  api: 20,
  feed: 30,
  peer: 40,
  bridge: 50,
  web: 60,
};

export async function openShopStack({ seed, firstPort, link }: ShopWish): Promise<DrillStack> {
  const base = mkdtempSync(join(tmpdir(), 'fettle-shop-drill-'));
  const python = spawnSync('python3', ['-c', 'import http.server']).status === 0;
  const place: Place = {
    dir: join(base, 'shop'),
    controls: join(base, 'c'),
    lib: join(base, 'lib'),
    firstPort,
    linkPort: link ? firstPort + 199 : null,
    python,
  };
  copyShop(place);
  writeFileSync(
    join(place.dir, 'fettle.local.yaml'),
    JSON.stringify(overlay(place, rollDice(seed)), null, 2),
  );
  const data = join(place.dir, 'data');
  const disk = cannotMount() === null && mountSmallDisk(data) ? data : null;
  const ledger = { host: '127.0.0.1', port: firstPort };
  const proxy = place.linkPort === null ? null : await openFaultProxy(ledger, place.linkPort);
  const close = async (): Promise<void> => {
    await fettleIn(place.dir, ['down']);
    await proxy?.close();
    if (disk !== null) unmount(disk);
    rmSync(base, { recursive: true, force: true });
  };
  const up = await fettleIn(place.dir, ['up', '-d', '--wait', '--wait-timeout', '60s']);
  if (up.code !== 0) {
    await close();
    throw new RangeError(`fettle up ended with ${up.code}:\n${up.stdout}${up.stderr}`);
  }
  return {
    kind: 'shop',
    seed,
    dir: place.dir,
    parts: partsOf(place, proxy),
    disk,
    ...common(place.dir, place.controls),
    fettle: (...words) => fettleIn(place.dir, words),
    close,
  };
}

function copyShop({ dir, lib, controls }: Place): void {
  cpSync(join(root, 'examples/shop'), dir, {
    recursive: true,
    filter: (from) => !/\/(\.fettle|data|node_modules)(\/|$)/.test(from),
  });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  for (const folder of [lib, controls, join(dir, 'data')]) mkdirSync(folder, { recursive: true });
  for (const file of ['tuning.mjs', 'tuning.py', 'tuned.py'])
    cpSync(join(programs, file), join(lib, file));
  const settings = JSON.stringify({ controls });
  writeFileSync(join(lib, 'settings.mjs'), `export default ${settings};\n`);
  writeFileSync(join(lib, 'settings.py'), `settings = ${settings}\n`);
}

function overlay(place: Place, dice: Dice): object {
  const { lib, firstPort, python, dir } = place;
  const interval = (): string => dice.pick(['1s', '1500ms', '2s']);
  const node = (...words: string[]) => ['node', `--import=${lib}/tuning.mjs`, ...words];
  const either = (name: string) =>
    python ? ['python3', '-u', join(lib, 'tuned.py'), `src/${name}.py`] : node(`src/${name}.mjs`);
  const at = (name: string) => firstPort + (portOf[name] ?? 0);
  const range = (name: string): string => `${at(name)}-${at(name) + 9}`;
  const http = (path: string) => ({ http: path, interval: interval(), timeout: '1s' });
  const limits = { mem_limit: '260m', ulimits: { nofile: 160 }, stop_grace_period: '4s' };
  const alive = { ...http('/livez'), name: 'alive', role: 'liveness' };
  const json = (name: string, path: string, value: string) => ({
    ...http('/healthz'),
    name,
    json: { [path]: value },
    role: 'readiness',
  });
  const services: Record<string, object> = {
    ledger: {
      command: node('--disable-warning=ExperimentalWarning', 'src/ledger.mjs'),
      port: { prefer: [at('ledger')], fallback: false },
      restart: 'on-failure',
      health: { ...http('/healthz'), json: { '$.status': 'ok' } },
      labels: { 'fettle.kind': 'database' },
      cleanup: [join(dir, 'data/backups/*')],
      ...limits,
    },
    pricing: {
      command: either('pricing'),
      port: range('pricing'),
      health: http('/healthz'),
      ...limits,
    },
    api: {
      command: node('src/api.mjs'),
      port: range('api'),
      health: [alive, json('ledger', '$.status', 'ok')],
      configs: ['api-conf'],
      ...(place.linkPort === null
        ? {}
        : { environment: { LEDGER_URL: `http://127.0.0.1:${place.linkPort}` } }),
      ...limits,
    },
    feed: {
      command: node('src/feed.mjs'),
      port: range('feed'),
      health: {
        ws: '/feed',
        send: 'hello',
        expect: 'welcome',
        interval: interval(),
        timeout: '1s',
      },
      ...limits,
    },
    worker: {
      command: node('src/worker.mjs'),
      health: { heartbeat: 'worker', every: '3s', grace: '5s' },
      labels: { 'fettle.jobs': join(dir, 'data/returns') },
      ...limits,
    },
    peer: {
      command: either('peer'),
      port: range('peer'),
      restart: 'on-failure',
      health: { tcp: true, interval: '1s', timeout: '1s' },
      configs: ['peer-conf'],
      ...limits,
    },
    bridge: {
      command: node('src/bridge.mjs'),
      port: range('bridge'),
      health: [alive, json('peer', '$.peer', 'linked')],
      labels: { 'fettle.kind': 'bridge' },
      configs: ['bridge-conf'],
      ...limits,
    },
    web: { command: node('src/web.mjs'), port: range('web'), health: http('/healthz'), ...limits },
    traffic: { command: node('src/traffic.mjs') },
  };
  const configs = Object.fromEntries(
    ['api', 'bridge', 'peer'].map((name) => [
      `${name}-conf`,
      { file: join(dir, 'config', `${name}.json`) },
    ]),
  );
  return { heal: drillPolicy, configs, services };
}

function partsOf(place: Place, proxy: FaultProxy | null): Parts {
  const { dir, python } = place;
  const hand = (service: string, more: Partial<Program> = {}): Program => ({
    service,
    language: 'node',
    health: null,
    work: null,
    config: null,
    env: null,
    secret: null,
    jobs: null,
    folder: null,
    module: null,
    memoryLimitMb: 260,
    timed: service === 'web',
    ...more,
  });
  const own = python ? ('python' as const) : ('node' as const);
  const config = (name: string): string => join(dir, 'config', `${name}.json`);
  const api = hand('api', { health: '/livez', work: '/orders?n=3', config: config('api') });
  const pricing = hand('pricing', {
    health: '/healthz',
    work: '/price?sku=tea&amount=2',
    language: own,
  });
  const ledger = hand('ledger', { health: '/healthz', work: '/entries?n=1' });
  return {
    database: { ...ledger, folder: join(dir, 'data'), port: place.firstPort, maxClients: null },
    apis: [api],
    plain: [pricing],
    configured: api,
    linked: proxy === null ? null : { program: api, proxy },
    front: hand('web', { health: '/healthz', work: '/api/orders?n=3' }),
    worker: hand('worker'),
    consumer: hand('worker', { jobs: join(dir, 'data', 'returns') }),
    writer: { ...ledger, folder: join(dir, 'data') },
    peer: hand('peer', { language: own, config: config('peer') }),
    bridge: hand('bridge', { health: '/livez', work: '/healthz', config: config('bridge') }),
    secure: null,
    packaged: null,
    customers: hand('traffic'),
    batch: null,
    partner: null,
  };
}
