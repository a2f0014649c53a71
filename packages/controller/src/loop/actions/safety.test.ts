/** What no action ever does: to strangers, to files outside the lists, to ourselves. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningForMs } from '@fettle/proc/process-command';
import { readProcessStat } from '@fettle/proc/process-stat';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aService, aStack } from '../../controller.kit.ts';
import {
  poll,
  sleeper,
  startActionRig,
  stillWorld,
  watchedFiles,
  write,
  type ActionRig,
} from './action-rig.kit.ts';
import { openActions } from './act-once.ts';
import type { ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { allActions } from './all.ts';
import { reclaimUntil } from './disk-reclaim.ts';

const timeoutMs = 5_000;

async function captured(world: ActionWorld, action: string, params: ActParams) {
  const actions = openActions(allActions, world);
  return actions.capture({ key: 'safety', action, params, timeoutMs });
}
const refusal = async (world: ActionWorld, action: string, params: ActParams) => {
  const { ok, detail } = await captured(world, action, params);
  return ok ? 'it would have done it' : detail;
};

describe('processes', () => {
  let rig: ActionRig;
  const children: ChildProcess[] = [];
  /** Processes of others by what they are; old enough to be judged. */
  const pids: Record<string, number> = {};
  const own = (rest: string) => `${rig.paths.hash.slice(0, 8)}${rest}`;

  function spawnOne(env: Readonly<Record<string, string>> = {}): number {
    const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...process.env, ...env } });
    children.push(child);
    return child.pid ?? 0;
  }
  beforeAll(async () => {
    rig = await startActionRig();
    await rig.apply([sleeper('api')]);
    await rig.until('api runs', (views) => views.every(({ pid }) => pid !== null));
    pids['stranger'] = spawnOne();
    pids['other stack'] = spawnOne({ FETTLE_RUN: 'abcdef01xyz-1' });
    pids['controller'] = spawnOne({ FETTLE_RUN: own('old-1'), FETTLE_SERVICE: '@controller' });
    pids['launcher'] = spawnOne({ FETTLE_RUN: own('launcher-17') });
    pids['orphan'] = spawnOne({ FETTLE_RUN: own('old-2') });
    await poll('none is a newborn', () => (runningForMs(pids['orphan'] ?? 0) ?? 0) > 2_100);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rig.end();
  });

  const kill = (pid: number | undefined, world = rig.world) =>
    refusal(world, 'process.kill', { pid: pid ?? 0 });

  test('a foreign process is not killed', async () =>
    expect(await kill(pids['stranger'])).toMatch(/carries no run token of this stack/));
  test("another stack's process is not killed", async () =>
    expect(await kill(pids['other stack'])).toMatch(/no run token/));
  test('a live instance is not killed, nor its shim', async () => {
    const { pid, shimPid } = rig.view('api.1');
    expect(await kill(pid ?? 0)).toMatch(/belongs to a live run/);
    expect(await kill(shimPid ?? 0)).toMatch(/belongs to a live run/);
  });
  test('Fettle is not killed', async () => {
    expect(await kill(process.pid)).not.toMatch(/would have/);
    expect(await kill(pids['controller'])).toMatch(/Fettle itself/);
    expect(await kill(pids['launcher'])).toMatch(/no run token/);
  });
  test('pid 1, 0, -1 and half a pid are nobody', async () => {
    for (const pid of [1, 0, -1, 1.5]) expect(await kill(pid)).not.toMatch(/would have/);
  });
  test('a newborn may be a run that we have not heard of', async () =>
    expect(await kill(spawnOne({ FETTLE_RUN: own('old-3') }))).toMatch(/just begun/));
  test('while the supervisor is away nobody is killed', async () => {
    const link = { ...rig.link, connected: () => false };
    expect(await kill(pids['orphan'], { ...rig.world, link })).toMatch(/does not answer/);
  });
  test('an orphan of ours would be', async () =>
    expect(await kill(pids['orphan'])).toBe('it would have done it'));

  test('a pid that was given anew is not killed by an old record', async () => {
    const pid = pids['stranger'] ?? 0;
    const ticks = readProcessStat(pid)?.startTicks ?? 0;
    for (const [key, startTicks] of [
      ['recycled-1', ticks - 1],
      ['recycled-2', ticks],
    ] as const) {
      const capture = { pid, startTicks, token: own('old-4'), command: 'sleep' };
      await rig.actions.act({ key, action: 'process.kill', params: { pid }, capture, timeoutMs });
      expect(readProcessStat(pid)?.startTicks).toBe(ticks);
    }
  });

  test('only a process of ours is reniced, and only downwards', async () => {
    const renice = (pid: number, nice: number) =>
      refusal(rig.world, 'process.renice', { pid, nice });
    expect(await renice(pids['stranger'] ?? 0, 10)).toMatch(/no live run/);
    const pid = rig.view('api.1').pid ?? 0;
    for (const nice of [-5, 0, 20, 1.5]) expect(await renice(pid, nice)).toMatch(/no niceness/);
  });
});

describe('files', () => {
  let dir: string;
  let outside: string;
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-safe-')));
    outside = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-outside-')));
  });
  afterEach(() => {
    for (const folder of [dir, outside]) rmSync(folder, { recursive: true, force: true });
  });

  function world(
    fields: Parameters<typeof aService>[1],
    more: Partial<ActionWorld> = {},
  ): ActionWorld {
    const stack = aStack([aService('api', { workingDir: dir, ...fields })], { dir });
    return stillWorld(statePaths(dir, {}), stack, more);
  }
  const old = (path: string): string => {
    utimesSync(write(path, 'x'.repeat(5_000)), 1_000, 1_000);
    return path;
  };
  /** Deletes all that it thinks it may. */
  async function reclaim(on: ActionWorld, between?: () => void): Promise<string> {
    const actions = openActions([reclaimUntil(2)], on);
    const deed = { key: 'r', action: 'disk.reclaim', params: { path: dir }, timeoutMs };
    const { capture, ok, detail } = await actions.capture(deed);
    if (!ok) return detail;
    between?.();
    return (await actions.act({ ...deed, capture })).detail;
  }

  test('what the list names goes, and nothing else', async () => {
    for (const name of [
      'tmp/a.cache',
      'tmp/deep/er/b.cache',
      'tmp/keep.txt',
      'tmp/.hidden.cache',
      'c.cache',
    ])
      old(join(dir, name));
    expect(await reclaim(world({ cleanup: [join(dir, 'tmp/**/*.cache')] }))).toMatch(
      /^2 files deleted/,
    );
    expect(
      readdirSync(dir, { recursive: true })
        .filter((name) => String(name).includes('.'))
        .toSorted(),
    ).toEqual(['.fettle', '.fettle/deeds.log', 'c.cache', 'tmp/.hidden.cache', 'tmp/keep.txt']);
  });

  const nothing = /nothing there is listed/;
  test('a list that leads out of the folder lists nothing', async () => {
    const victim = old(join(outside, 'a.cache'));
    for (const glob of [
      join(outside, '*.cache'),
      `${dir}/../${outside.split('/').at(-1)}/*.cache`,
      '/**',
      '/*',
      '../*',
      '*',
      '',
    ])
      expect(await reclaim(world({ cleanup: [glob] }))).toMatch(nothing);
    expect(existsSync(victim)).toBe(true);
  });

  test('no link is followed: neither the folder, nor on the way, nor the file', async () => {
    const victim = old(join(outside, 'deep', 'a.cache'));
    symlinkSync(outside, join(dir, 'tmp'));
    mkdirSync(join(dir, 'real'));
    symlinkSync(join(outside, 'deep'), join(dir, 'real', 'deep'));
    symlinkSync(victim, join(dir, 'real', 'b.cache'));
    for (const glob of [
      'tmp/*.cache',
      'tmp/**/*.cache',
      'tmp/deep/*.cache',
      'real/**/*.cache',
      'real/*/*.cache',
    ])
      expect(await reclaim(world({ cleanup: [join(dir, glob)] }))).toMatch(nothing);
    expect(existsSync(victim)).toBe(true);
  });

  test('a folder that becomes a link after the look is not entered', async () => {
    const victim = old(join(outside, 'a.cache'));
    old(join(dir, 'tmp', 'a.cache'));
    const swap = (): void => {
      renameSync(join(dir, 'tmp'), join(dir, 'was'));
      symlinkSync(outside, join(dir, 'tmp'));
    };
    await reclaim(world({ cleanup: [join(dir, 'tmp/*.cache')] }), swap);
    expect(existsSync(victim)).toBe(true);
  });

  test('what was written just now, is open, or has a second name stays', async () => {
    write(join(dir, 'tmp', 'new.cache'), 'x');
    const fd = openSync(old(join(dir, 'tmp', 'open.cache')), 'r');
    linkSync(old(join(dir, 'tmp', 'twice.cache')), join(dir, 'second-name'));
    old(join(dir, 'tmp', 'plain.cache'));
    expect(await reclaim(world({ cleanup: [join(dir, 'tmp/*')] }))).toMatch(/^1 file deleted/);
    closeSync(fd);
    expect(readdirSync(join(dir, 'tmp')).toSorted()).toEqual([
      'new.cache',
      'open.cache',
      'twice.cache',
    ]);
  });

  test('our own state is never listed', async () => {
    const on = world({ cleanup: [join(dir, '.fettle/*'), join(dir, '**/*')] });
    utimesSync(join(dir, '.fettle', 'deeds.log'), 1_000, 1_000);
    expect(await reclaim(on)).toMatch(nothing);
  });

  test('a job is named within its queue only', async () => {
    const on = world({ labels: { 'fettle.jobs': 'queue' } });
    write(join(dir, 'queue', 'ok.json'), '{}');
    write(join(dir, 'secret.json'), '{}');
    symlinkSync(join(dir, 'secret.json'), join(dir, 'queue', 'link.json'));
    for (const job of ['../secret.json', 'link.json', '.', '..', 'queue', ''])
      expect(await refusal(on, 'job.quarantine', { target: 'api', job })).toMatch(
        /there is no job/,
      );
    const params = { target: 'api', job: 'ok.json' };
    const capture = { from: join(dir, 'secret.json'), to: join(dir, 'x'), hash: '' };
    const done = await openActions(allActions, on).act({
      key: 'j',
      action: 'job.quarantine',
      params,
      capture,
      timeoutMs,
    });
    expect(done).toMatchObject({
      ok: false,
      detail: expect.stringContaining('is not in the queue'),
    });
  });

  test('a script is run by its name only, if nobody else may write it', async () => {
    const on = world({});
    const script = write(join(dir, 'runbooks', 'scripts', 'ok.sh'), '#!/bin/sh\n', 0o755);
    chmodSync(script, 0o755);
    symlinkSync(script, join(dir, 'runbooks', 'scripts', 'link.sh'));
    chmodSync(write(join(dir, 'runbooks', 'scripts', 'open.sh'), '#!/bin/sh\n'), 0o777);
    chmodSync(write(join(dir, 'runbooks', 'scripts', 'plain.sh'), '#!/bin/sh\n'), 0o644);
    for (const command of [
      '../../x',
      '/bin/sh',
      'ok.sh; rm x',
      'link.sh',
      'open.sh',
      'plain.sh',
      'none.sh',
      '',
    ])
      expect(await refusal(on, 'exec', { command })).not.toMatch(/would have/);
    expect((await captured(on, 'exec', { command: 'ok.sh' })).ok).toBe(true);
  });

  test('a host that the config does not name is not called', async () => {
    const on = world({ environment: { API: 'https://api.example.com/v1' } });
    for (const url of ['http://192.0.2.1/x', 'https://example.com/', 'file:///etc/passwd', 'x'])
      expect(await refusal(on, 'http.call', { url })).not.toMatch(/would have/);
    expect((await captured(on, 'http.call', { url: 'https://api.example.com/x' })).ok).toBe(true);
  });

  test('a key is set in a watched file only, and a secret is not told', async () => {
    const file = write(join(dir, 'app.env'), 'DB_PASSWORD=old-secret\nPORT=1\n');
    write(join(dir, 'other.env'), 'PORT=1\n');
    const on = world({}, { ledger: watchedFiles('api', new Map([[file, null]])) });
    const set = (path: string, key: string) => ({ target: 'api', path, key, value: 'new-secret' });
    expect(await refusal(on, 'config.apply', set('other.env', 'PORT'))).toMatch(/not watched/);
    expect(await refusal(on, 'config.apply', set('/etc/passwd', 'PORT'))).toMatch(/not watched/);
    const actions = openActions(allActions, on);
    const told = JSON.stringify([
      await actions.plan('config.apply', set('app.env', 'DB_PASSWORD')),
      await captured(on, 'config.apply', set('app.env', 'DB_PASSWORD')),
    ]);
    expect(told).not.toMatch(/old-secret|new-secret/);
    expect(readFileSync(file, 'utf8')).toContain('old-secret');
  });
});
