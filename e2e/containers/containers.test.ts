/** An unmodified Compose file with PostgreSQL, Redis and a Python API on a real Docker Engine. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { roughStack, until, type RoughStack } from '../robustness/rough-stack.ts';
import { bringCompose } from './bring-compose.ts';
import { api, buildDatabases, compose, whyNoDatabases } from './compose-stack.ts';
import { startEngine, toolbox, whyNoEngine, type TestEngine } from './engine.kit.ts';

const missing = whyNoEngine() ?? whyNoDatabases();
if (missing !== null && process.env['CI'] !== undefined) throw new TypeError(missing);

let engine: TestEngine;
let stack: RoughStack | null = null;

const namesAtEngine = async () => {
  const rows = await engine.engine.ask<readonly Readonly<{ Names: string[] }>[]>(
    'GET',
    '/containers/json',
    { query: { all: true } },
  );
  return rows.flatMap(({ Names }) => Names).toSorted();
};
const why = async (name: string): Promise<string> => (await stack!.fettle('why', name)).out;
const restarts = async (name: string): Promise<number> => (await stack!.service(name)).restarts;

async function bring(text: string): Promise<void> {
  stack = roughStack({ 'compose.yaml': text }, { env: engine.env });
  const up = await stack.fettle('up', '-d', '--wait', '--wait-timeout', '60s');
  expect(up.code, up.out + up.err).toBe(0);
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
    const seen = await bringCompose(engine);
    expect(seen.visits).toMatch(/^visits \d+ ssl N$/);
    expect([seen.heard, seen.links]).toEqual([true, '3 of 3 links connected']);
    // The API began after the database was healthy, and who asks it after the API.
    const order = seen.readyOrder.filter((name) => name !== 'cache');
    expect(order).toEqual(['db', 'api', 'asker']);
    expect(seen.killed.backMs).toBeLessThan(30_000);
    expect(seen.killed.why).toContain('killed by SIGKILL, not by Fettle');
    expect(seen.stopped.backMs).toBeLessThan(30_000);
    expect(seen.stopped.why).toContain('stopped through the engine, not by Fettle');
    expect(seen.adopted).toEqual({ sameContainers: true, sameStarts: true, restartsAdded: 0 });
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

  test('a volume outlives down, and an unnamed one a changed definition', async () => {
    const line =
      'echo x >> /keep/starts; echo x >> /own/starts; cat /keep/starts /own/starts | wc -l; exec sleep 1000';
    const text = (word: string) =>
      `name: keeper\nservices:\n  one:\n    image: '${toolbox}'\n    command: [sh, -c, '${line}']\n    init: true\n    environment: {WORD: ${word}}\n    volumes: ['data:/keep', /own]\nvolumes:\n  data:\n`;
    const counts = async (want: string) =>
      until(
        async () => (await stack!.fettle('logs', 'one', '-n', '9')).out,
        (out) => out.includes(want),
      );
    await bring(text('first'));
    await counts('2');
    stack!.write('compose.yaml', text('second'));
    await stack!.fettle('up', '-d', '--wait');
    await counts('4');
    await stack!.fettle('down');
    await stack!.fettle('up', '-d', '--wait');
    // The named one has three, the unnamed one begins anew, as under Compose.
    await counts('4');
    expect(
      (await stack!.fettle('exec', 'one', '--', 'busybox', 'wc', '-l', '/keep/starts')).out,
    ).toContain('3');
  });

  test('an external service is probed, whatever becomes of it, and left alone', async () => {
    const body = {
      Image: toolbox,
      Cmd: ['httpd', '-f', '-p', '80'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: {
        PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] },
        NetworkMode: 'theirs-net',
        Init: true,
      },
    };
    const path = '/containers/theirs';
    // The engine of the tests has no default bridge.
    const network = { body: { Name: 'theirs-net' } };
    await engine.engine.ask('POST', '/networks/create', network);
    await engine.engine.ask('POST', '/containers/create', { query: { name: 'theirs' }, body });
    try {
      await engine.engine.ask('POST', `${path}/start`);
      const { NetworkSettings } = await engine.engine.ask<{
        NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
      }>('GET', `${path}/json`);
      const port = NetworkSettings.Ports['80/tcp']?.[0]?.HostPort;
      await bring(
        `name: far\nservices:\n  far: {external: true, url: 'http://127.0.0.1:${port}', health: {tcp: true, interval: 200ms, retries: 1}}\n`,
      );
      const state = async () => (await stack!.service('far')).state;
      expect(await state()).toBe('ok');
      await engine.engine.ask('POST', `${path}/stop`);
      await until(state, (now) => now !== 'ok');
      await stack!.fettle('down');
      const { State } = await engine.engine.ask<{ State: { Running: boolean } }>(
        'GET',
        `${path}/json`,
      );
      expect(State.Running).toBe(false);
    } finally {
      await engine.engine.ask('DELETE', path, { query: { force: true } });
      await engine.engine.ask('DELETE', '/networks/theirs-net');
    }
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
