import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fakeDaemon, type FakeDaemon } from './fake-daemon.contract.ts';

let daemon: FakeDaemon | null = null;
afterEach(() => {
  daemon?.close();
  daemon = null;
});
const mine = 'name: mine\ndiagnosis: hang\nstep: service.restart\nverify: healthy(target)\n';
/** Only the folder, no daemon, unless told. */
async function folder(files: Readonly<Record<string, string>> = {}, running = false) {
  daemon = await fakeDaemon(running);
  mkdirSync(join(daemon.dir, 'runbooks'));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(daemon.dir, 'runbooks', name), text);
  return daemon;
}

test('list names shipped ones and your own, with no daemon at all', async () => {
  const { run } = await folder({ 'mine.yaml': mine });
  const ran = await run('runbooks');
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/^high-cpu .* shipped$/m);
  expect(ran.stdout).toMatch(/^mine +hang +service\.restart +low +runbooks\/mine\.yaml$/m);
  const document = JSON.parse((await run('runbooks', 'list', '--json')).stdout);
  expect(document).toMatchObject({ schema: 'fettle.runbooks/v1', problems: [] });
  expect(document.runbooks).toHaveLength(16);
});
test('show tells when, which way, what, and how it is proven', async () => {
  const { run } = await folder();
  const ran = await run('runbooks', 'show', 'database-connection-failure');
  expect(ran.code).toBe(0);
  for (const part of ['When', 'Which way', 'Steps', 'Proof', 'healthy(target)', 'start if'])
    expect(ran.stdout).toContain(part);
  const other = await run('runbooks', 'show', 'high-cup');
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(/E-RUNBOOK-UNKNOWN.*did you mean high-cpu/);
});
test('validate tells every problem at once, with its place', async () => {
  const { run, dir } = await folder({
    'mine.yaml': mine.replace('hang', 'hagn').replace('healthy', 'helthy'),
  });
  const ran = await run('runbooks', 'validate');
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(/E-RUNBOOK-DIAGNOSIS.*did you mean `hang`/);
  expect(ran.stderr).toMatch(/mine\.yaml:2:12/);
  expect(ran.stderr).toMatch(/E-RUNBOOK-EXPRESSION.*did you mean `healthy`/);
  expect(ran.stderr).toContain('2 problems found');
  const github = await run('runbooks', 'validate', join(dir, 'runbooks/mine.yaml'), '-o', 'github');
  expect(github.stdout).toMatch(/^::error file=.*mine\.yaml,line=2,col=12/);
  const gone = await run('runbooks', 'validate', 'nowhere.yaml');
  expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('E-RUNBOOK-READ')]);
  expect((await run('runbooks', 'show', 'mine')).stderr).toContain('E-RUNBOOK-INVALID');
});
test('validate says what is fine', async () => {
  const { run } = await folder({ 'mine.yaml': mine });
  expect(await run('runbooks', 'validate')).toMatchObject({
    code: 0,
    stdout: '1 runbook fine: mine\n',
  });
});
test('test walks every way; one that ends nowhere is not as asked', async () => {
  const { run } = await folder({
    'mine.yaml': mine,
    'open.yaml': `${mine.replace('mine', 'open').replace('service.restart', '{ action: wait, with: { for: 1s }, then: end }')}`,
  });
  const ran = await run('runbooks', 'test', 'mine');
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('do fails -> undone')]);
  expect((await run('runbooks', 'test', 'open')).code).toBe(3);
});
test('a dry run asks the daemon and prints the way, its acts and what they lack', async () => {
  const { run, answers, heard } = await folder({ 'mine.yaml': mine }, true);
  answers.set('/api/v1/runbooks/mine/preview', {
    schema: 'fettle.dry-run/v1',
    runbook: 'mine',
    target: 'api',
    diagnosis: 'hang',
    params: {},
    never: null,
    branches: [{ when: null, goto: 'do', holds: true }],
    steps: [
      {
        step: 'do',
        action: 'service.restart',
        text: 'restart api',
        command: 'fettle restart api',
        lacks: null,
        guards: [{ text: 'ready(api)', holds: false }],
        risk: 'low',
        irreversible: 'gone',
      },
    ],
    verify: ['healthy(target)'],
  });
  const words = ['--target', 'api', '--param', 'port=80', 'path=/x', '--dry-run'];
  const ran = await run('runbooks', 'run', 'mine', ...words);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('nothing is changed');
  expect(ran.stdout).toContain('DOES NOT HOLD  ready(api)');
  expect(ran.stdout).toContain('by hand  fettle restart api');
  expect(heard.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
    ['/api/v1/runbooks/mine/preview', { target: 'api', params: { port: 80, path: '/x' } }],
  ]);
});
test('run without a target, or with a slip, asks nobody', async () => {
  const { run, heard } = await folder({}, true);
  for (const words of [
    ['run', 'high-cpu'],
    ['run', 'high-cpu', '--target', 'api', '--param', 'port'],
    ['run'],
    ['frob'],
  ])
    expect([words, (await run('runbooks', ...words)).code]).toEqual([words, 2]);
  expect(heard).toEqual([]);
});
test('schema is for editors', async () => {
  const { run } = await folder();
  const ran = await run('runbooks', 'schema');
  expect(JSON.parse(ran.stdout)).toMatchObject({ title: 'A runbook of Fettle' });
});
