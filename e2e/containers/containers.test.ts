/** An unmodified Compose file with PostgreSQL, Redis and a Python API on a real Docker Engine. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { listContainers } from '@fettle/containers/ensure-container';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';
import { api, buildDatabases, compose, whyNoDatabases } from './compose-stack.ts';
import { startEngine, toolbox, whyNoEngine, type TestEngine } from './engine.kit.ts';

const missing = whyNoEngine() ?? whyNoDatabases();
if (missing !== null && process.env['CI'] !== undefined) throw new TypeError(missing);

type Document = Readonly<{ Id: string; State: Readonly<{ Pid: number; StartedAt: string }> }>;
let engine: TestEngine;
let stack: RoughStack | null = null;

const containers = () => listContainers(engine.engine, stack!.paths().hash);
const namesAtEngine = async () => {
  const rows = await engine.engine.ask<readonly Readonly<{ Names: string[] }>[]>(
    'GET',
    '/containers/json',
    { query: { all: true } },
  );
  return rows.flatMap(({ Names }) => Names).toSorted();
};
async function inspect(name: string): Promise<Document> {
  return engine.engine.ask<Document>('GET', `/containers/${name}/json`);
}
const isOk = async (name: string): Promise<boolean> => (await stack!.service(name)).state === 'ok';
const why = async (name: string): Promise<string> => (await stack!.fettle('why', name)).out;
const restarts = async (name: string): Promise<number> => (await stack!.service(name)).restarts;

/** Restarted once more than before and ok again; how long that took. */
async function back(name: string, before: number): Promise<number> {
  const startMs = performance.now();
  await until(async () => (await restarts(name)) > before && (await isOk(name)), Boolean, 30_000);
  return performance.now() - startMs;
}

async function visits(): Promise<string> {
  const { port } = await stack!.service('api');
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  return answer.text();
}

async function bring(text: string, files: Readonly<Record<string, string>> = {}) {
  stack = roughStack({ 'compose.yaml': text, ...files }, { env: engine.env });
  const up = await stack.fettle('up', '-d', '--wait', '--wait-timeout', '60s');
  expect(up.code, up.out + up.err).toBe(0);
  return up;
}

describe.skipIf(missing !== null)(`containers${missing === null ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    engine = await startEngine();
    await buildDatabases(engine);
  }, 120_000);
  afterEach(async () => {
    const left = await stack?.remove();
    stack = null;
    expect(left ?? []).toEqual([]);
    // Of what we created nothing stays, but volumes: they are data.
    expect(await namesAtEngine()).toEqual([]);
  });
  afterAll(() => engine?.stop());

  test('a Compose file runs unmodified, survives kills, and the daemon may die', async () => {
    const up = await bring(compose, { 'api.py': api });
    expect(await until(visits, (text) => text.startsWith('visits'))).toMatch(/^visits \d+ ssl N$/m);
    // Order: the API began after the database was healthy.
    const lines = up.out + up.err;
    expect(lines.indexOf('db ')).toBeLessThan(lines.indexOf('asker'));
    expect((await stack!.fettle('links')).out).toContain('3 of 3 links connected');
    await until(
      async () => (await stack!.fettle('logs', 'asker', '-n', '20')).out,
      (out) => out.includes('visits'),
    );

    const before = await restarts('db');
    process.kill((await inspect('bring-db-1')).State.Pid, 'SIGKILL');
    expect(await back('db', before)).toBeLessThan(30_000);
    expect(await why('db')).toMatch(/killed by SIGKILL, not by Fettle/);

    await engine.engine.ask('POST', '/containers/bring-cache-1/stop');
    expect(await back('cache', 0)).toBeLessThan(30_000);
    expect(await why('cache')).toContain('stopped through the engine, not by Fettle');

    const ids = (await containers()).map(({ Id }) => Id).toSorted();
    const started = (await inspect('bring-db-1')).State.StartedAt;
    const counted = await restarts('db');
    process.kill(stack!.supervisorPid(), 'SIGKILL');
    const again = await stack!.fettle('up', '-d', '--wait');
    expect(again.code, again.err).toBe(0);
    expect((await containers()).map(({ Id }) => Id).toSorted()).toEqual(ids);
    expect((await inspect('bring-db-1')).State.StartedAt).toBe(started);
    expect(await restarts('db')).toBe(counted);
    await until(visits, (text) => text.startsWith('visits'));
  });

  test('what a container printed is kept once, also when its keeper was killed', async () => {
    const count = 'i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.02; done';
    await bring(
      `name: lines\nservices:\n  one: {image: '${toolbox}', command: [sh, -c, '${count}'], init: true}\n`,
    );
    const spool = () => {
      const folder = join(stack!.dir, '.fettle/logs/one.1');
      const file = readdirSync(folder).find((name) => name.endsWith('.log')) ?? '';
      return readFileSync(join(folder, file), 'utf8').trim().split('\n');
    };
    const keeper = () => stack!.living().filter(isKeeper);
    for (let round = 0; round < 3; round += 1) {
      const had = spool().length;
      await until(spool, ({ length }) => length > had + 20);
      const [pid] = await until(keeper, ({ length }) => length === 1);
      process.kill(pid!, 'SIGKILL');
      const at = spool().length;
      await until(spool, ({ length }) => length > at + 20);
    }
    const lines = spool().slice(0, -1);
    expect(lines).toEqual(lines.map((_, at) => `line ${at + 1}`));
    expect(await restarts('one')).toBe(0);
  });

  test('out of memory is said, and what is written inside stays over a restart', async () => {
    const eat =
      'date >> /data/starts; cat /data/starts; sleep 0.2; x=aaaaaaaaaaaaaaaa; while :; do x=$$x$$x; done';
    stack = roughStack(
      {
        'compose.yaml': `name: eater\nservices:\n  one: {image: '${toolbox}', command: [sh, -c, '${eat}'], mem_limit: 8m, init: true}\n`,
      },
      { env: engine.env },
    );
    await stack.fettle('up', '-d');
    const seen = await until(
      () => stack!.service('one'),
      ({ instances, restarts: count }) => instances[0]?.lastExit !== null && count > 0,
    );
    expect(seen.instances[0]?.lastExit?.text).toContain('out of memory');
    // It adds a line at each start, and prints them all: the second start prints two more.
    await until(
      async () => (await stack!.fettle('logs', 'one', '-n', '50')).out,
      (out) => out.split('\n').filter((line) => / \d\d:\d\d:\d\d UTC /.test(line)).length > 2,
    );
    expect(await why('one')).toContain('it went over its memory limit');
  });

  test('removed by hand it comes back; scaled down and taken out it goes; strangers stay', async () => {
    const body = { Image: toolbox, Cmd: ['sleep', '1000'] };
    const query = { name: 'stranger' };
    await engine.engine.ask('POST', '/containers/create', { query, body });
    const two = (services: string) => `name: pair\nservices:\n${services}`;
    const one = `  one: {image: '${toolbox}', command: [sleep, '1000'], init: true, scale: 2}\n`;
    const other = `  other: {image: '${toolbox}', command: [sleep, '1001'], init: true}\n`;
    await bring(two(one + other));
    expect(await namesAtEngine()).toEqual([
      '/pair-one-1',
      '/pair-one-2',
      '/pair-other-1',
      '/stranger',
    ]);
    await engine.engine.ask('DELETE', '/containers/pair-one-2', { query: { force: true } });
    await until(namesAtEngine, (names) => names.includes('/pair-one-2'), 30_000);
    stack!.write('compose.yaml', two(one.replace('scale: 2', 'scale: 1')));
    await stack!.fettle('up', '-d', '--wait');
    expect(await until(namesAtEngine, ({ length }) => length === 2)).toEqual([
      '/pair-one-1',
      '/stranger',
    ]);
    await stack!.fettle('down');
    expect(await namesAtEngine()).toEqual(['/stranger']);
    await engine.engine.ask('DELETE', '/containers/stranger', { query: { force: true } });
  });

  test('without an engine the services are named, and nothing starts', async () => {
    stack = roughStack(
      { 'compose.yaml': compose, 'api.py': api },
      { env: { DOCKER_HOST: 'unix:///nowhere.sock' } },
    );
    const { code, err } = await stack.fettle('up', '-d');
    expect([code, err]).toEqual([3, expect.stringContaining('E-ENGINE-MISSING')]);
    expect(err).toContain('db, cache, asker are containers');
    expect(err).toContain('/nowhere.sock');
    expect(stack.living()).toEqual([]);
  });
});

/** The program itself, not the shim that has it among its words. */
function isKeeper(pid: number): boolean {
  const [file = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return file.endsWith('node') && words.some((word) => word.endsWith('containers/dist/main.js'));
}
