/**
 * The first five minutes, timed: from `git clone` to a running page, and from `fettle up` in a
 * folder with nothing but a Procfile to all healthy; each in an environment with only Node.
 * Run it: `node tools/run.mjs e2e/first-minutes/first-minutes.ts [--container]`. It clones what is
 * committed, and installs its packages from the registry. `--container`: in an empty container.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { bareMachine, type BareMachine } from './bare-machine.ts';
import { emptyContainer } from './empty-container.ts';

const mostMs = 300_000;
const lookMs = 100;

export type Minutes = Readonly<{
  /** Each from the beginning of its own part. */
  clonedMs: number;
  pageMs: number;
  healthyMs: number;
  procfileHealthyMs: number;
  node: string;
  npm: string;
}>;

export async function timeFirstMinutes(machine: BareMachine): Promise<Minutes> {
  const clone = join(machine.root, 'fettle');
  const tell = (...command: string[]): string => {
    const [program, ...args] = machine.call(machine.root, command);
    return execFileSync(program, args, { env: machine.env, encoding: 'utf8' }).trim();
  };
  const beganMs = performance.now();
  const sinceMs = (): number => Math.round(performance.now() - beganMs);
  tell('git', 'clone', '-q', '--depth', '1', `file://${machine.source}`, clone);
  const clonedMs = sinceMs();
  const shop = join(clone, 'examples/shop');
  const log = machine.seen(join(machine.root, 'npm-start.log'));
  const out = openSync(log, 'a');
  const options = { env: machine.env, detached: true } as const;
  const [program, ...args] = machine.call(clone, ['npm', 'start']);
  spawn(program, args, { ...options, stdio: ['ignore', out, out] }).unref();
  try {
    await until('the page answers', beganMs, () => answers(machine.seen(shop)));
    const pageMs = sinceMs();
    await until('all services are healthy', beganMs, () => isHealthy(clone, shop, machine));
    const healthyMs = sinceMs();
    const procfileHealthyMs = await timeProcfile(clone, machine);
    const versions = { node: tell('node', '--version'), npm: tell('npm', '--version') };
    return { clonedMs, pageMs, healthyMs, procfileHealthyMs, ...versions };
  } catch (cause) {
    console.error(readFileSync(log, 'utf8').slice(-4_000));
    throw cause;
  } finally {
    if (existsSync(machine.seen(join(clone, 'node_modules')))) run(clone, shop, machine, ['down']);
  }
}

const web = `require('node:http').createServer((_, answer) => answer.end('hello'))
  .listen(process.env.PORT, () => console.log('listening'));
`;
const worker = `setInterval(() => console.log('working'), 1000);
`;

/** A folder as somebody brings it: a Procfile, no word of Fettle. */
async function timeProcfile(clone: string, machine: BareMachine): Promise<number> {
  const dir = join(machine.root, 'brought');
  const seen = machine.seen(dir);
  mkdirSync(seen);
  writeFileSync(join(seen, 'Procfile'), 'web: node web.js\nworker: node worker.js\n');
  writeFileSync(join(seen, 'web.js'), web);
  writeFileSync(join(seen, 'worker.js'), worker);
  const beganMs = performance.now();
  try {
    run(clone, dir, machine, ['up', '-d', '--wait']);
    const tookMs = Math.round(performance.now() - beganMs);
    if (isHealthy(clone, dir, machine) !== true)
      throw new TypeError('up says what status does not');
    return tookMs;
  } finally {
    run(clone, dir, machine, ['down']);
  }
}

function run(clone: string, dir: string, machine: BareMachine, args: readonly string[]): string {
  const [program, ...rest] = machine.call(dir, [join(clone, 'fettle'), '-C', dir, ...args]);
  return execFileSync(program, rest, { env: machine.env, encoding: 'utf8', stdio: 'pipe' });
}

async function answers(dir: string): Promise<true | null> {
  try {
    const text = readFileSync(join(dir, '.fettle/daemon.json'), 'utf8');
    const { url } = JSON.parse(text) as Readonly<{ url: string | null }>;
    if (url === null) return null;
    const page = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return page.ok && (await page.text()).includes('<div id="app">') ? true : null;
  } catch {
    return null;
  }
}

function isHealthy(clone: string, dir: string, machine: BareMachine): true | null {
  const { services } = JSON.parse(run(clone, dir, machine, ['status', '--json'])) as StatusDocument;
  const fine = services.every(({ state }) => state === 'ok' || state === 'done');
  return fine && services.length > 0 ? true : null;
}

async function until(
  what: string,
  beganMs: number,
  look: () => Promise<true | null> | true | null,
): Promise<void> {
  while ((await look()) === null) {
    if (performance.now() - beganMs > mostMs) throw new TypeError(`not in ${mostMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

if (process.argv[1]?.endsWith('first-minutes.ts') === true) {
  const machine = process.argv.includes('--container') ? await emptyContainer() : bareMachine();
  try {
    const minutes = await timeFirstMinutes(machine);
    const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
    console.log(JSON.stringify(minutes));
    console.log(`clone to running page: ${seconds(minutes.pageMs)}`);
    console.log(`clone to all healthy: ${seconds(minutes.healthyMs)}`);
    console.log(`up with a Procfile to all healthy: ${seconds(minutes.procfileHealthyMs)}`);
  } finally {
    machine.remove();
  }
}
