/** Locked packages come back from this machine alone, and the former set by the way back. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aService, aStack } from '../../../controller.kit.ts';
import { statePaths } from '@fettle/sdk/daemon/paths';
import { stillWorld, write } from '../action-rig.kit.ts';
import { openActions } from '../act-once.ts';
import { runCommand } from '../run-command.ts';
import { depsRestore } from '../deps-restore.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-deps-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const signal = AbortSignal.timeout(120_000);
const timeoutMs = 100_000;
const params = { target: 'api' };
const action = 'deps.restore';

function open(fields: Partial<Service>) {
  const stack = aStack([aService('api', { workingDir: dir, ...fields })], { dir });
  const world = stillWorld(statePaths(dir, {}), stack, { env: process.env });
  const actions = openActions([depsRestore], world);
  const deed = (key: string, capture: unknown) =>
    ({ key, action, params, capture: capture as never, timeoutMs }) as const;
  return { world, actions, deed };
}

/** A registry with one package, for as long as the cache is filled. */
/** These tests run below `npm test`, whose settings name another folder. */
function withoutNpm(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return Object.fromEntries(own);
}

async function installed(): Promise<Readonly<Record<string, string>>> {
  write(join(dir, 'tiny', 'package', 'package.json'), '{"name": "tiny", "version": "1.0.0"}');
  write(join(dir, 'tiny', 'package', 'index.js'), 'module.exports = 42;\n');
  spawnSync('tar', ['czf', join(dir, 'tiny.tgz'), '-C', join(dir, 'tiny'), 'package']);
  const tarball = readFileSync(join(dir, 'tiny.tgz'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  let url = '';
  const server = createServer((request, response) => {
    if (request.url?.endsWith('.tgz') === true) return void response.end(tarball);
    const dist = { tarball: `${url}/tiny/-/tiny-1.0.0.tgz`, integrity };
    const versions = { '1.0.0': { name: 'tiny', version: '1.0.0', dist } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = {
    npm_config_registry: url,
    npm_config_cache: join(dir, 'cache'),
    npm_config_userconfig: join(dir, 'npmrc'),
  };
  const manifest = {
    name: 'api',
    version: '1.0.0',
    dependencies: { tiny: '1.0.0' },
    scripts: { install: 'exit 1' },
  };
  write(join(dir, 'package.json'), JSON.stringify({ ...manifest, scripts: {} }));
  const argv = ['npm', 'install', '--no-audit', '--no-fund'];
  const { code, output } = await runCommand({
    argv,
    cwd: dir,
    env: { ...withoutNpm(), ...environment },
    signal,
  });
  expect(`${code} ${output}`).toMatch(/^0 /);
  // The project's own scripts are none of our business.
  write(join(dir, 'package.json'), JSON.stringify(manifest));
  server.closeAllConnections();
  server.close();
  return environment;
}

describe('npm', { timeout: 120_000 }, () => {
  const entry = () => join(dir, 'node_modules', 'tiny', 'index.js');

  test('the locked set is installed without the network, and the broken one put back', async () => {
    const environment = await installed();
    rmSync(entry());
    write(join(dir, 'node_modules', 'mark'), 'the broken set');
    const { actions, deed } = open({ environment });
    const { capture, ok } = await actions.capture(deed('d1', null));
    expect(ok).toBe(true);
    expect(existsSync(entry())).toBe(false);
    expect(await actions.act(deed('d1', capture))).toMatchObject({ ok: true });
    expect(readFileSync(entry(), 'utf8')).toBe('module.exports = 42;\n');
    expect(await actions.undo(deed('d1', capture))).toMatchObject({ ok: true });
    expect(existsSync(entry())).toBe(false);
    expect(readFileSync(join(dir, 'node_modules', 'mark'), 'utf8')).toBe('the broken set');
  });

  test('what the cache does not hold leaves all as it was', async () => {
    const environment = await installed();
    rmSync(entry());
    const { actions, deed } = open({
      environment: { ...environment, npm_config_cache: join(dir, 'other') },
    });
    const { capture } = await actions.capture(deed('d1', null));
    expect(await actions.act(deed('d1', capture))).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/npm ended with/),
    });
    expect(existsSync(entry())).toBe(false);
    expect(existsSync(join(dir, 'node_modules'))).toBe(true);
  });

  test('cut off at any moment it is taken up again', async () => {
    const environment = await installed();
    rmSync(join(dir, 'node_modules'), { recursive: true });
    const { actions, deed, world } = open({ environment });
    const { capture } = await actions.capture(deed('d1', null));
    world.deeds.begin('d1');
    expect((await actions.observe(deed('d1', capture))).seen).toBe('not-done');
    expect(await actions.act(deed('d1', capture))).toMatchObject({ ok: true });
    world.deeds.begin('d1');
    expect((await actions.observe(deed('d1', capture))).seen).toBe('done');
    expect(await actions.undo(deed('d1', capture))).toMatchObject({ ok: true });
    expect(existsSync(join(dir, 'node_modules'))).toBe(false);
  });
});

describe('what is not locked is not installed', () => {
  const lacks = async (fields: Partial<Service> = {}) => {
    const { world } = open(fields);
    return (await depsRestore.plan(params, world)).lacks;
  };
  const lock = (packages: object, version = 3) =>
    writeFileSync(
      join(dir, 'package-lock.json'),
      JSON.stringify({ lockfileVersion: version, packages }),
    );

  test('no lock file', async () => expect(await lacks()).toBe('a lock file'));
  test('a lock without hashes', async () => {
    lock({ '': {}, 'node_modules/x': { version: '1.0.0' } });
    expect(await lacks()).toMatch(/a hash for node_modules\/x/);
  });
  test('a lock with a local package', async () => {
    lock({ '': {}, 'node_modules/x': { link: true } });
    expect(await lacks()).toMatch(/without local packages/);
  });
  test('an old lock', async () => {
    lock({}, 1);
    expect(await lacks()).toMatch(/npm 7/);
  });
  test('requirements that are not pinned, and the packages of the system', async () => {
    writeFileSync(join(dir, 'requirements.txt'), 'tiny==1.0\nbig>=2\n');
    expect(await lacks({ command: ['python3', 'app.py'] })).toBe('a virtual environment');
    write(join(dir, '.venv', 'pyvenv.cfg'), '');
    mkdirSync(join(dir, '.venv', 'lib', 'python3.11', 'site-packages'), { recursive: true });
    expect(await lacks()).toMatch(/a folder of wheels/);
    mkdirSync(join(dir, 'wheels'));
    expect(await lacks()).toMatch(/a pinned version in the line "big>=2"/);
    writeFileSync(
      join(dir, 'requirements.txt'),
      '# x\ntiny[a]==1.0 ; python_version > "3" # y\n\n',
    );
    expect(await lacks()).toBeNull();
  });
});

const wheel = `
import zipfile, sys
with zipfile.ZipFile(sys.argv[1] + '/tiny-1.0-py3-none-any.whl', 'w') as z:
    z.writestr('tiny.py', 'answer = 42\\n')
    z.writestr('tiny-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')
    z.writestr('tiny-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    z.writestr('tiny-1.0.dist-info/RECORD', 'tiny.py,,\\ntiny-1.0.dist-info/METADATA,,\\ntiny-1.0.dist-info/WHEEL,,\\ntiny-1.0.dist-info/RECORD,,\\n')
`;

describe('pip', { timeout: 120_000 }, () => {
  test('the pinned set is installed out of wheels, and the former one put back', async (context) => {
    const made = ['-m', 'venv', '--system-site-packages', '--without-pip', join(dir, '.venv')];
    const venv = spawnSync('python3', made, { timeout: 60_000 });
    const pip = spawnSync('python3', ['-m', 'pip', '--version']);
    if (venv.status !== 0 || pip.status !== 0)
      return context.skip('this machine makes no virtual environments');
    mkdirSync(join(dir, 'wheels'));
    spawnSync('python3', ['-c', wheel, join(dir, 'wheels')]);
    write(join(dir, 'requirements.txt'), 'tiny==1.0\n');
    const python = join(dir, '.venv', 'bin', 'python');
    const imports = () =>
      spawnSync(python, ['-c', 'import tiny; print(tiny.answer)']).stdout.toString().trim();
    const { actions, deed } = open({ command: [python, 'app.py'] });
    const { capture, ok } = await actions.capture(deed('p1', null));
    expect(ok).toBe(true);
    expect(imports()).toBe('');
    expect(await actions.act(deed('p1', capture))).toMatchObject({ ok: true });
    expect(imports()).toBe('42');
    expect(await actions.undo(deed('p1', capture))).toMatchObject({ ok: true });
    expect(imports()).toBe('');
    write(join(dir, 'requirements.txt'), 'tiny==2.0\n');
    const next = await actions.capture(deed('p2', null));
    expect(await actions.act(deed('p2', next.capture))).toMatchObject({ ok: false });
    expect(imports()).toBe('');
  });
});
