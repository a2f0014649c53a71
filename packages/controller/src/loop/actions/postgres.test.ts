/** Ending sessions of a real PostgreSQL; skipped where no server is installed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { aService, aStack, aView } from '../../controller.kit.ts';
import { poll, stillWorld } from './action-rig.kit.ts';
import { openActions } from './act-once.ts';
import type { ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { dbTerminateSessions } from './db-terminate-sessions.ts';

const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
const bin = join('/usr/lib/postgresql', versions.at(-1) ?? '', 'bin');
/** The server refuses to run as root. */
const account: Account | null = userInfo().uid === 0 ? accountOf('postgres') : {};

type Account = Readonly<{ uid?: number; gid?: number }>;

function accountOf(name: string): Account | null {
  const id = (flag: string): number => Number(spawnSync('id', [flag, name]).stdout.toString());
  return id('-u') > 0 ? { uid: id('-u'), gid: id('-g') } : null;
}

const canRun = versions.length > 0 && account !== null;

describe.skipIf(!canRun)('sessions', { timeout: 60_000 }, () => {
  let dir: string;
  let port: number;
  let server: ChildProcess;
  const clients: ChildProcess[] = [];
  beforeAll(async () => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-pg-')));
    const { uid, gid } = account ?? {};
    if (uid !== undefined && gid !== undefined) chownSync(dir, uid, gid);
    const data = join(dir, 'data');
    const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'app', '-A', 'trust', '-N'], {
      ...account,
      cwd: dir,
    });
    expect(made.stderr.toString() + String(made.status)).toMatch(/0$/);
    port = await freePort();
    const args = [
      '-D',
      data,
      '-p',
      `${port}`,
      '-k',
      dir,
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'fsync=off',
    ];
    server = spawn(join(bin, 'postgres'), args, { ...account, cwd: dir, stdio: 'ignore' });
    await poll('it answers', () => sql('SELECT 1') === '1');
    sql('CREATE TABLE goods (id int)');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.kill('SIGKILL');
  });
  afterAll(async () => {
    server.kill('SIGQUIT');
    await poll('it ends', () => server.exitCode !== null || server.signalCode !== null);
    rmSync(dir, { recursive: true, force: true });
  });

  const env = () => ({
    ...process.env,
    PGHOST: '127.0.0.1',
    PGPORT: `${port}`,
    PGUSER: 'app',
    PGDATABASE: 'postgres',
  });
  const sql = (text: string): string =>
    spawnSync('psql', ['-X', '-A', '-t', '-q', '-c', text], { env: env() })
      .stdout.toString()
      .trim();
  /** Holds its session open, as a service does. */
  async function client(name: string, text: string): Promise<ChildProcess> {
    const child = spawn('psql', ['-X', '-q'], {
      env: { ...env(), PGAPPNAME: name },
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    clients.push(child);
    child.stdin?.write(`${text}\n`);
    await poll(`${name} is connected`, () => count(name) === 1);
    return child;
  }
  const count = (name: string): number =>
    Number(sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name = '${name}'`));
  const waits = (name: string): boolean =>
    sql(`SELECT wait_event_type FROM pg_stat_activity WHERE application_name = '${name}'`) ===
    'Lock';

  function world(more: Partial<ActionWorld> = {}, labelled = true): ActionWorld {
    const labels: Record<string, string> = labelled ? { 'fettle.admin_url_env': 'ADMIN_URL' } : {};
    const external = { external: true, externalUrl: `postgres://127.0.0.1:${port}/postgres` };
    const stack = aStack([aService('db', { labels, ...external }), aService('api')]);
    const ADMIN_URL = `postgresql://app:hunter2@127.0.0.1:${port}/postgres`;
    return stillWorld(statePaths(dir, {}), stack, { env: { ...process.env, ADMIN_URL }, ...more });
  }
  async function end(on: ActionWorld, params: ActParams, key: string) {
    const actions = openActions([dbTerminateSessions], on);
    const deed = {
      key,
      action: 'db.terminate_sessions',
      params: { target: 'db', ...params },
      timeoutMs: 10_000,
    };
    const captured = await actions.capture(deed);
    return { actions, captured, deed: { ...deed, capture: captured.capture } };
  }

  test('who blocks others is ended, once; who waits goes on', async () => {
    await client('holder', 'BEGIN; LOCK TABLE goods;');
    await client('waiter', 'SELECT count(*) FROM goods;');
    await client('bystander', 'SELECT 1;');
    await poll('the waiter waits', () => waits('waiter'));
    const on = world();
    expect(await dbTerminateSessions.plan({ target: 'db' }, on)).toMatchObject({
      means: 'present',
      text: 'end 1 session of those that block others in db',
    });
    const { actions, captured, deed } = await end(on, {}, 'pg1');
    expect(captured.ok).toBe(true);
    expect(JSON.stringify(captured)).not.toContain('hunter2');
    expect(count('holder')).toBe(1);
    on.deeds.begin('pg1');
    expect((await actions.observe(deed)).seen).toBe('not-done');
    expect(await actions.act(deed)).toMatchObject({ ok: true, detail: '1 of 1 session ended' });
    await poll('the holder is gone', () => count('holder') === 0);
    await poll('the waiter goes on', () => !waits('waiter'));
    expect([count('waiter'), count('bystander')]).toEqual([1, 1]);
    on.deeds.begin('pg1');
    expect((await actions.observe(deed)).seen).toBe('done');
  });

  test("a client's sessions are told by its sockets; others stay", async () => {
    const leaker = await client('leaker', 'SELECT 1;');
    await client('other', 'SELECT 1;');
    const view = aView('api', { pid: leaker.pid ?? 0, shimPid: null, token: 'none-such' });
    const base = world();
    const on = { ...base, link: { ...base.link, instances: () => [view] } };
    const { actions, deed } = await end(on, { client: 'api' }, 'pg2');
    expect(await actions.act(deed)).toMatchObject({ detail: '1 of 1 session ended' });
    await poll('it is gone', () => count('leaker') === 0);
    expect(count('other')).toBe(1);
  });

  test('a session that was begun since is not the one that was meant', async () => {
    await client('again', 'BEGIN; LOCK TABLE goods;');
    await client('waiting', 'SELECT count(*) FROM goods;');
    await poll('it waits', () => waits('waiting'));
    const { actions, deed } = await end(world(), {}, 'pg3');
    const sessions = (deed.capture as { sessions: { pid: number; began: string }[] }).sessions;
    const capture = {
      sessions: sessions.map((one) => ({ ...one, began: '2001-01-01 00:00:00+00' })),
    };
    expect(await actions.act({ ...deed, capture: capture as never })).toMatchObject({
      detail: '0 of 1 session ended',
    });
    expect(count('again')).toBe(1);
  });

  test('only what idles long enough, where that is asked', async () => {
    const busy = await client('busy', 'SELECT pg_sleep(60);');
    const { captured } = await end(world(), { pid: busy.pid ?? 0, idle: '1s' }, 'pg4');
    expect(captured).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/no session of pid/),
    });
  });

  test('without the label the means are absent, and the command is told', async () => {
    const planned = await dbTerminateSessions.plan({ target: 'db' }, world({}, false));
    expect(planned).toMatchObject({ means: 'absent', lacks: 'the label fettle.admin_url_env' });
    expect(planned.command).toContain('pg_terminate_backend');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
