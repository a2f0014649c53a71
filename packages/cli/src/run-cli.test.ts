import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fakeDaemon, service, statusOf, type FakeDaemon } from './fake-daemon.contract.ts';

let daemon: FakeDaemon | null = null;
afterEach(() => {
  daemon?.close();
  daemon = null;
});

async function started(running = true): Promise<FakeDaemon> {
  daemon = await fakeDaemon(running);
  return daemon;
}

const why = 'cannot reach 127.0.0.1:5432 (ECONNREFUSED): nothing listens there';
const broken = service({ name: 'api', state: 'crash-loop', pid: null, restarts: 6, why });

test('an unknown word is refused with the nearest command, and nothing runs', async () => {
  const { run, heard } = await started();
  const ran = await run('statsu');
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toBe(
    'error[E-USAGE]: statsu is not a command; did you mean status?\n' +
      '  fix   fettle status\n' +
      '  more  fettle explain E-USAGE\n',
  );
  expect(heard).toEqual([]);
});

test('an unknown flag is a usage error with the command’s help as the hint', async () => {
  const ran = await (await started()).run('status', '--frob');
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('fettle status --help');
});

test('without a daemon: exit 4, and how to start one', async () => {
  const ran = await (await started(false)).run('status');
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(/error\[E-DAEMON-UNREACHABLE\].*\n {2}fix {3}fettle -C .* up -d/);
});

test('a flag that makes no sense is told before anybody asks for a daemon', async () => {
  const { run } = await started(false);
  for (const words of [
    ['--level', 'loud'],
    ['--since', 'yesterdayish'],
    ['-n', 'x'],
  ]) {
    const ran = await run('logs', ...words);
    expect([ran.code, ran.stderr.slice(0, 14)]).toEqual([2, 'error[E-USAGE]']);
  }
});

test('with --json a failure is a problem document on stdout with the same exit code', async () => {
  const ran = await (await started(false)).run('status', '--json');
  expect(ran.code).toBe(4);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    schema: 'fettle.problem/v1',
    code: 'E-DAEMON-UNREACHABLE',
    status: 503,
  });
});

test('status prints a table, --json the document, -o yaml the same as YAML', async () => {
  const { run, answers } = await started();
  const document = statusOf(broken);
  answers.set('/api/v1/status', document);
  const table = await run('ps');
  expect(table.code).toBe(0);
  expect(table.stdout).toContain(why);
  expect(table.stderr).toMatch(/^next: fettle -C .* why api/);
  expect(JSON.parse((await run('status', '--json')).stdout)).toEqual(document);
  expect((await run('status', '-o', 'yaml')).stdout).toContain('schema: fettle.status/v1');
  expect((await run('status', '-o', 'wide')).stdout).toContain('LAST EXIT');
});

test('status --exit-code is 3 when something is failing, 0 when all is well', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(broken));
  expect((await run('status', '--exit-code')).code).toBe(3);
  answers.set('/api/v1/status', statusOf(service({})));
  expect((await run('status', '--exit-code')).code).toBe(0);
});

test('a service that is not there is refused with the nearest name', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(service({})));
  const ran = await run('status', 'apy');
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('no service apy; did you mean api?');
});

test('why shows the sentence, how sure, and the evidence', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(broken));
  answers.set('/api/v1/services/api/why', {
    schema: 'fettle.why/v1',
    service: 'api',
    state: 'crash-loop',
    why,
    cause: 'refused-dependency',
    confidence: 0.95,
    evidence: [{ kind: 'log', text: 'connect ECONNREFUSED 127.0.0.1:5432', at: null }],
    next: ['fettle logs api'],
  });
  expect((await run('why', 'api')).stdout).toBe(
    `↻ api is crash-loop\n${why}\nrefused-dependency · certain (0.95)\n\nEvidence\n` +
      '  log  connect ECONNREFUSED 127.0.0.1:5432\n',
  );
});

test('stop asks the daemon once per service and waits for the state', async () => {
  const { run, answers, heard } = await started();
  let asked = 0;
  answers.set('/api/v1/status', () =>
    statusOf(service({ state: ++asked < 3 ? 'ok' : 'stopped', pid: asked < 3 ? 1 : null })),
  );
  answers.set('/api/v1/services/api/stop', {});
  const ran = await run('stop', 'api');
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain('api is stopped');
  expect(heard.filter(({ method }) => method === 'POST')).toEqual([
    { method: 'POST', path: '/api/v1/services/api/stop', body: '{}' },
  ]);
});

test('start of a service that keeps failing ends with 1 and its reason', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(broken));
  answers.set('/api/v1/services/api/start', {});
  const ran = await run('start', 'api', '--json');
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain(why);
  expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 'fettle.command/v1', command: 'start' });
});

test('a verb without names wants --all', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(service({})));
  expect((await run('restart')).code).toBe(2);
});

test('scale takes service=count and refuses anything else', async () => {
  const { run, answers, heard } = await started();
  answers.set('/api/v1/status', statusOf(service({})));
  answers.set('/api/v1/services/api/scale', {});
  expect((await run('scale', 'api')).code).toBe(2);
  expect((await run('scale', 'api=0')).code).toBe(0);
  expect(heard.at(-2)).toMatchObject({
    path: '/api/v1/services/api/scale',
    body: '{"replicas":0}',
  });
});

test('is-ready asks once: 0 or 3; wait says 6 while there is progress', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(service({ state: 'starting' })));
  expect((await run('is-ready', 'api')).code).toBe(3);
  expect((await run('wait', 'api', '--timeout', '50ms')).code).toBe(6);
  answers.set('/api/v1/status', statusOf(broken));
  expect((await run('wait', 'api', '--timeout', '50ms')).code).toBe(3);
  answers.set('/api/v1/status', statusOf(service({ state: 'done' })));
  const ready = await run('is-ready', '--json');
  expect(ready.code).toBe(0);
  expect(JSON.parse(ready.stdout)).toMatchObject({ schema: 'fettle.wait/v1', reached: true });
  expect((await run('wait', '--state', 'great')).code).toBe(2);
});

test('logs asks for what the flags say and prints boundaries between runs', async () => {
  const { run, answers, heard } = await started();
  const line = {
    service: 'api',
    instance: 'api.1',
    run: 'r-1',
    at: '2026-11-21T12:00:00Z',
    level: 'error',
    fields: { code: 7 },
    offset: 0,
  };
  answers.set('/api/v1/status', statusOf(service({}), service({ name: 'web' })));
  const lines = [
    { ...line, kind: 'boundary', text: 'process ended: exit 1', level: null, fields: null },
    { ...line, kind: 'line', text: 'pool is full' },
  ];
  answers.set('/api/v1/logs', lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const ran = await run('logs', 'api', '-n', '5', '--grep', 'pool', '--level', 'warn', '-t');
  expect(ran.stdout).toBe(
    '2026-11-21T12:00:00Z ── process ended: exit 1 ──\n' +
      '2026-11-21T12:00:00Z ERROR pool is full code=7\n',
  );
  expect(heard.at(-1)?.path).toBe('/api/v1/logs?service=api&tail=5&grep=pool&level=warn');
  expect((await run('logs', '--level', 'loud')).code).toBe(2);
  await run('logs', '-n', 'all');
  expect(heard.at(-1)?.path).toBe('/api/v1/logs?tail=all');
  const document = { schema: 'fettle.logs/v1', lines };
  expect(JSON.parse((await run('logs', '--json')).stdout)).toEqual(document);
  expect(parse((await run('logs', '-o', 'yaml')).stdout)).toEqual(document);
  const ndjson = await run('logs', '-o', 'ndjson');
  expect(
    ndjson.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text)),
  ).toHaveLength(2);
});

test('events and timelines are lines with a mark for trouble', async () => {
  const { run, answers } = await started();
  const event = {
    seq: 1,
    at: '2026-11-21T12:00:00Z',
    kind: 'service.ended',
    service: 'api',
    instance: 'api.1',
    severity: 'error',
    text: 'exit 1 after 2 s',
    data: {},
  };
  answers.set('/api/v1/status', statusOf(service({})));
  answers.set('/api/v1/events', { schema: 'fettle.events/v1', events: [event], next: null });
  answers.set('/api/v1/services/api/timeline', {
    schema: 'fettle.timeline/v1',
    service: 'api',
    events: [event],
  });
  const expected = 'exit 1 after 2 s\n';
  expect((await run('events')).stdout).toBe(`2026-11-21T12:00:00Z  ✕ api  ${expected}`);
  expect((await run('timeline', 'api')).stdout).toBe(`2026-11-21T12:00:00Z  ✕ ${expected}`);
});

test('ports as a table and as Markdown', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/ports', {
    schema: 'fettle.ports/v1',
    ports: [
      {
        port: 8001,
        host: '127.0.0.1',
        instance: 'api.1',
        service: 'api',
        pid: 8123,
        command: 'node',
        state: 'ours',
        asked: '8000-8009',
        reachable: '127.0.0.1',
        attested: true,
        note: '8000 is taken by pid 4121 (node | server.js)',
      },
    ],
  });
  expect((await run('ports')).stdout).toContain('8001  api.1 pid 8123  ours   8000-8009');
  expect((await run('ports', '-o', 'markdown')).stdout.split('\n')[2]).toBe(
    '| 8001 | api.1 pid 8123 | ours | 8000-8009 | 127.0.0.1 | ' +
      '8000 is taken by pid 4121 (node \\| server.js) |',
  );
});

test('ports free names the foreign owner and leaves it alone', async () => {
  const { run } = await started(false);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  const taken = await run('ports', 'free', String(port));
  expect(taken.code).toBe(3);
  expect(taken.stdout).toContain(`Port ${port} is held by pid ${process.pid}`);
  expect(taken.stdout).toContain('Fettle leaves it alone');
  await new Promise((resolve) => holder.close(resolve));
  expect(await run('ports', 'free', String(port))).toMatchObject({
    code: 0,
    stdout: `Port ${port} is free.\n`,
  });
  expect((await run('ports', 'free', 'http')).code).toBe(2);
});

test('links count what is connected; --exit-code tells scripts', async () => {
  const { run, answers } = await started();
  const link = {
    from: 'web',
    to: 'api',
    tried: 'tcp 127.0.0.1:8000',
    required: true,
    durationMs: 1,
  };
  answers.set('/api/v1/links', {
    schema: 'fettle.links/v1',
    connected: 1,
    total: 2,
    links: [
      { ...link, ok: true, detail: 'connected' },
      { ...link, to: 'db', ok: false, detail: 'ECONNREFUSED' },
    ],
  });
  const ran = await run('links', '--exit-code');
  expect(ran.code).toBe(3);
  expect(ran.stdout).toMatch(/^1 of 2 links connected\n/);
  expect(ran.stdout).toContain('✕ web → db');
  expect(ran.stderr).toContain('why db');
});

test('open prints the URL where there is no screen', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(service({})));
  expect((await run('open', 'api')).stdout).toBe('http://127.0.0.1:7700/s/api\n');
});

test('config validate tells every problem with its place, exit 2; a good one is fine', async () => {
  const { run, dir } = await started(false);
  writeFileSync(
    join(dir, 'fettle.yaml'),
    'services:\n  api:\n    comand: node a.js\n    port: x\n',
  );
  const bad = await run('config', 'validate', '--json');
  expect(bad.code).toBe(2);
  const document = JSON.parse(bad.stdout);
  expect(document.ok).toBe(false);
  expect(document.problems.length).toBeGreaterThanOrEqual(2);
  expect(bad.stderr).toContain('fettle.yaml:3:5');
  const up = await run('up', '-d');
  expect(up.code).toBe(2);
  expect(up.stderr).toContain('nothing was started');
  writeFileSync(join(dir, 'fettle.yaml'), 'services:\n  api:\n    command: node a.js\n');
  expect(await run('config', 'validate')).toMatchObject({ code: 0 });
  expect((await run('config', 'show')).stdout).toContain('api:');
  expect(JSON.parse((await run('config', 'schema')).stdout)).toHaveProperty('$schema');
  const diff = await run('config', 'diff', '--exit-code');
  expect(diff).toMatchObject({ code: 3, stdout: '+ api added\n' });
});

test('explain prints a row of docs/errors.md; an unknown code names the nearest', async () => {
  const { run } = await started(false);
  expect((await run('explain', 'e-usage')).stdout).toMatch(/^E-USAGE\n {2}The command line/);
  const near = await run('explain', 'E-USAGEE');
  expect(near.code).toBe(2);
  expect(near.stderr).toContain('did you mean E-USAGE?');
});

test('help knows the exit codes and every command', async () => {
  const { run } = await started(false);
  expect((await run('help', 'exit-codes')).stdout).toContain('6 still making progress');
  expect((await run('help', 'logs')).stdout).toContain('--follow');
  expect((await run('--help')).stdout).toContain('Understand:');
  expect((await run('help', 'nonsense')).code).toBe(2);
});

test('completion scripts exist for three shells and ask for live names', async () => {
  const { run } = await started(false);
  for (const shell of ['bash', 'zsh', 'fish'])
    expect((await run('completion', shell)).stdout).toContain('__complete');
  expect((await run('completion', 'tcsh')).code).toBe(2);
  expect((await run('__complete', '--', 'sta')).stdout).toBe('start\nstatus\n');
  expect((await run('__complete', '--', 'logs', '--fo')).stdout).toBe('--follow\n');
});

test('version tells CLI and daemon', async () => {
  const { run } = await started();
  const document = JSON.parse((await run('version', '--json')).stdout);
  expect(document).toMatchObject({ schema: 'fettle.version/v1', daemon: '0.1.0' });
});

test('--quiet silences talk, never errors', async () => {
  const { run, answers } = await started();
  answers.set('/api/v1/status', statusOf(broken));
  expect((await run('status', '--quiet')).stderr).toBe('');
  expect((await run('statsu', '--quiet')).stderr).toContain('E-USAGE');
});

test('down of a stack that does not run is fine', async () => {
  expect(await (await started(false)).run('down')).toMatchObject({
    code: 0,
    stderr: 'nothing runs here\n',
  });
});
