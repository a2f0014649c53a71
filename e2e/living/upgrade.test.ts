/**
 * `fettle upgrade` on a real stack: services live through it, a version that is not well is taken
 * back by itself, its history's shape included. The versions are copies of this build, edited.
 */
import { spawn } from 'node:child_process';
import { cpSync, linkSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  eventually,
  freePort,
  tempStack,
  webScript,
  type TempStack,
} from '@fettle/cli/temp-stack.contract';

const clone = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const busyScript = fileURLToPath(new URL('busy.mjs', import.meta.url));
let stack: TempStack;
let port = 0;
beforeAll(async () => {
  port = await freePort();
  stack = tempStack({
    'web.js': webScript,
    'fettle.yaml': `services:\n  web: {command: node web.js, port: ${port}, health: /healthz}\n`,
  });
  Object.assign(stack.env, { FETTLE_HOME: join(stack.dir, 'home') });
  expect(await stack.fettle('up', '-d', '--wait')).toMatchObject({ code: 0 });
});
afterAll(async () => expect(await stack.remove()).toEqual([]));

type Upgraded = Readonly<{
  ok: boolean;
  id: string;
  rolledBack: boolean;
  failed: Readonly<{ problems: readonly string[] }> | null;
  stacks: readonly Readonly<{ restarted: readonly string[] }>[];
}>;

async function upgrade(...words: string[]): Promise<Upgraded & Readonly<{ code: number }>> {
  const { code, stdout, stderr } = await stack.fettle('upgrade', ...words, '--json');
  expect(stdout, stderr).not.toBe('');
  return { ...(JSON.parse(stdout) as Upgraded), code };
}

/** What runs, where its daemons come from, and the version that they say. */
async function look() {
  const { daemon, services } = await eventually(
    () => stack.status(),
    (status) => status.services[0]?.state === 'ok',
    30_000,
  );
  const rootOf = (pid: number | null): string =>
    /[^\0]*(?=\/packages\/(?:supervisor|controller)\/dist\/main\.js)/.exec(
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    )?.[0] ?? '';
  return {
    web: services[0]?.pid,
    state: services[0]?.state,
    supervisor: rootOf(daemon.supervisorPid),
    controller: rootOf(daemon.controllerPid),
    version: daemon.version,
  };
}

const home = (name: string): string => join(stack.dir, 'home', name);

/** A built Fettle of its own, with `edit` done to it. */
function variant(name: string, edit: (root: string) => void): string {
  const root = join(stack.dir, name);
  const from = realpathSync(home('current'));
  const node = 'node_modules/node/bin/node';
  cpSync(from, root, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: (file) => file !== join(from, node),
  });
  linkSync(join(from, node), join(root, node));
  edit(root);
  return root;
}

function replaceIn(file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(file, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

const setVersion = (root: string, version: string): void => {
  for (const name of ['cli', 'supervisor', 'controller'])
    replaceIn(join(root, 'packages', name, 'package.json'), /"0\.\d+\.\d+"/, `"${version}"`);
};

function busy(seconds: number): Promise<{ sent: number; failed: number }> {
  const words = [busyScript, `http://127.0.0.1:${port}/`, String(seconds)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve) => child.once('close', () => resolve(JSON.parse(text))));
}

test('from a clone to a copy of its own: no request of 200 a second is lost', async () => {
  const before = await look();
  expect(before.supervisor).toBe(clone);
  const asking = busy(4);
  expect(await upgrade()).toMatchObject({ code: 0, ok: true, stacks: [{ restarted: [] }] });
  const { sent, failed } = await asking;
  expect(sent).toBeGreaterThan(500);
  expect(failed).toBe(0);
  const copy = realpathSync(home('current'));
  expect(await look()).toEqual({ ...before, supervisor: copy, controller: copy });
});

test('the next version takes over, and --rollback brings the former back', async () => {
  const first = await look();
  const { code } = await upgrade(variant('next', (root) => setVersion(root, '0.1.9')));
  expect(code).toBe(0);
  expect(await look()).toMatchObject({ web: first.web, version: '0.1.9', state: 'ok' });
  expect(realpathSync(home('previous'))).toBe(first.supervisor);
  expect(await upgrade('--rollback')).toMatchObject({ code: 0, ok: true });
  expect(await look()).toEqual(first);
  const { stdout } = await stack.fettle('upgrade', '--list', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ versions: [{ is: 'current' }, { is: 'previous' }] });
});

const throwAtStart = "throw new TypeError('a mistake of the new version');\n";

test.each([
  ['its controller dies', 'controller', 'controller does not answer'],
  ['its supervisor dies', 'supervisor', 'supervisor ends at once'],
])('a version that is not well is taken back by itself: %s', async (_what, part, said) => {
  const before = await look();
  const links = ['current', 'previous'].map((name) => realpathSync(home(name)));
  const broken = variant(`broken-${part}`, (root) => {
    const file = join(root, 'packages', part, 'dist/main.js');
    writeFileSync(file, throwAtStart);
  });
  const outcome = await upgrade(broken, '--timeout', '3s');
  expect(outcome).toMatchObject({ code: 3, ok: false, rolledBack: true });
  expect(outcome.failed?.problems.join('; ')).toContain(said);
  expect(await look()).toEqual(before);
  expect(['current', 'previous'].map((name) => realpathSync(home(name)))).toEqual(links);
});

test('a history of a newer shape gets its old shape back with the old version', async () => {
  const before = await look();
  const ready = join(stack.dir, 'migrated');
  const newer = variant('newer', (root) => {
    const migrations = join(root, 'packages/controller/dist/stores/sqlite-migrations.js');
    const step = "{ id: 99, title: 'x', up: 'CREATE TABLE x (a)', down: 'DROP TABLE x' }";
    replaceIn(
      migrations,
      /export const schemaVersion/,
      `migrations.push({ ...${step}, id: migrations.length + 1 });\nexport const schemaVersion`,
    );
    // It migrates, takes its supervisor down and dies.
    replaceIn(
      join(root, 'packages/controller/dist/controller-process.js'),
      /const controller = await startController\(readOptions\(\)\);/,
      `const controller = await startController(readOptions());
       const { readFileSync, writeFileSync } = await import('node:fs');
       writeFileSync(${JSON.stringify(ready)}, '');
       const file = process.env.FETTLE_STATE_DIR + '/daemon.json';
       process.kill(JSON.parse(readFileSync(file, 'utf8')).supervisorPid, 'SIGKILL');
       process.exit(1);`,
    );
  });
  expect(await upgrade(newer)).toMatchObject({ code: 3, rolledBack: true });
  expect(readFileSync(ready, 'utf8')).toBe('');
  expect(await look()).toEqual(before);
  const verified = await stack.fettle('store', 'verify', '--json');
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
});

test('what does not start, or is not built, changes nothing', async () => {
  const before = await look();
  const dead = variant('dead', (root) =>
    writeFileSync(join(root, 'packages/cli/dist/main.js'), throwAtStart),
  );
  for (const [folder, code, error] of [
    [dead, 1, 'E-UPGRADE-BROKEN'],
    [stack.dir, 2, 'E-UPGRADE-SOURCE'],
  ] as const) {
    const ran = await stack.fettle('upgrade', folder, '--json');
    expect(ran).toMatchObject({ code });
    expect(JSON.parse(ran.stdout)).toMatchObject({ code: error });
  }
  expect(await look()).toEqual(before);
});

test('two versions are kept, not all that ever were', async () => {
  const { code } = await upgrade(variant('last', (root) => setVersion(root, '0.1.10')));
  expect(code).toBe(0);
  expect(readdirSync(home('versions')).length).toBe(2);
});
