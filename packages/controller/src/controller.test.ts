import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { request } from 'node:http';
import { afterEach, onTestFinished, test } from 'vitest';
import type { StackEvent } from '@fettle/sdk/api/documents';
import {
  aService,
  aStack,
  aView,
  startRig,
  until,
  type Rig,
  type RigOptions,
} from './controller.kit.ts';

type Json = ReturnType<typeof JSON.parse>;
let rig: Rig | null = null;
afterEach(async () => {
  await rig?.stop();
  rig = null;
});
async function start(options: RigOptions = {}): Promise<Rig> {
  rig = await startRig(options);
  return rig;
}
const get = async (path: string, headers: Record<string, string> = {}): Promise<Json> =>
  (await fetch((rig?.url ?? '') + path, { headers })).json();
const events = async (): Promise<readonly StackEvent[]> =>
  (await get('/api/v1/events?limit=1000')).events;
const runs = async () =>
  (await events())
    .filter(({ kind }) => /service\.(started|ended)/.test(kind))
    .map(({ text }) => text);
const crashed = aView('api', {
  token: 'e1-9',
  pid: 4_444,
  restarts: 1,
  startReason: 'crash',
  lastToken: 'e1-api',
  lastExit: { kind: 'code', code: 137, posixSignal: 'SIGKILL', endedBy: null, atMs: Date.now() },
});
const notice = { kind: 'instance-changed', view: crashed, cause: 'exited' } as const;

test('daemon.json tells where we are, whole and for us only', async () => {
  const { paths, url } = await start();
  const file = JSON.parse(readFileSync(paths.daemonFile, 'utf8'));
  deepEqual(
    [file.url, file.controllerPid, file.socket],
    [url, process.pid, paths.controllerSocket],
  );
  equal(statSync(paths.daemonFile).mode & 0o777, 0o600);
});
test('a crash that we watched is in the timeline and in status', async () => {
  const { supervisor } = await start();
  supervisor.publish(notice);
  await until(async () => (await runs()).some((text) => text.includes('137')));
  const texts = (await runs()).slice(-2);
  match(texts[0] ?? '', /^api ended: 137 \(KILL or exit 137\) after /);
  equal(texts[1], 'api started (pid 4444): after a crash');
  equal((await get('/api/v1/status')).services[1].restarts, 1);
});
test('a restarted controller doubles nothing and misses nothing', async () => {
  // Starts and ends here are long ago, so that the times of the snapshot are used as they are.
  const recent = Date.now() - 60_000;
  const views = ['db', 'api'].map((name) => aView(name, { sinceMs: recent, startedAtMs: recent }));
  const first = await start({ views });
  await until(async () => (await runs()).length === 2);
  await first.controller.stop();
  first.supervisor.publish(notice);
  rig = { ...first, controller: { ...first.controller, stop: () => Promise.resolve() } };
  rig = await rig.restart();
  await until(async () => (await runs()).length === 4);
  rig = await rig.restart();
  await until(async () => (await get('/api/v1/status')).daemon.supervisorConnected);
  equal((await runs()).length, 4);
});
const states = async () =>
  (await events()).filter(({ kind, service }) => kind === 'service.state' && service === 'api');
test('a new state word is one event with its reason, kept over a restart', async () => {
  const failing = aView('api', { state: 'crash-loop', token: null, pid: null });
  const { supervisor } = await start();
  await until(async () => (await states()).length === 1);
  supervisor.publish({ kind: 'instance-changed', view: failing, cause: '' });
  await until(async () => (await states()).length === 2);
  const { since } = (await get('/api/v1/status')).services[1];
  rig = (await rig?.restart()) ?? null;
  equal((await get('/api/v1/status')).services[1].since, since);
  equal((await states()).length, 2);
});
test('a changed stack is fetched before anybody hears of it', async () => {
  const { supervisor } = await start();
  supervisor.setStack(aStack([aService('db')]));
  supervisor.publish({ kind: 'instance-removed', instance: 'api.1' });
  supervisor.publish({
    kind: 'stack-changed',
    changes: [{ service: 'api', change: 'removed', why: 'not in the config' }],
  });
  await until(async () => (await get('/api/v1/status')).services.length === 1);
  ok((await events()).some(({ text }) => text === 'api removed: not in the config'));
});
test('an edited config file shows as newer than the process', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'fettle-config-')), 'fettle.yaml');
  writeFileSync(file, '');
  onTestFinished(() => rmSync(dirname(file), { recursive: true, force: true }));
  await start({ stack: aStack([aService('api')], { files: [file], configModifiedAtMs: 1 }) });
  const { services, configChanged } = await get('/api/v1/status');
  equal(services[0].configNewerThanProcess, true);
  equal(configChanged.file, file);
});
test("Fettle's own instances are not shown", async () => {
  const own = aView('@controller', { instance: '@controller.1' });
  await start({ views: [aView('db'), own] });
  ok(!JSON.stringify(await get('/api/v1/status')).includes('@controller'));
  ok(!JSON.stringify(await events()).includes('@controller'));
});
test('the stream resumes where it ended', async () => {
  const { supervisor, url } = await start();
  supervisor.publish(notice);
  await until(async () => (await runs()).length >= 2);
  const all = await events();
  const after = all.at(-3)?.seq ?? 0;
  const abort = new AbortController();
  const answer = await fetch(`${url}/api/v1/stream`, {
    headers: { 'last-event-id': String(after) },
    signal: abort.signal,
  });
  match(answer.headers.get('content-security-policy') ?? '', /default-src/);
  let text = '';
  const reader = answer.body?.getReader();
  while ((text.match(/^id: /gm) ?? []).length < 2)
    text += Buffer.from((await reader?.read())?.value ?? []).toString();
  deepEqual(
    [...text.matchAll(/^id: (\d+)/gm)].slice(0, 2).map(([, seq]) => Number(seq)),
    [after + 1, after + 2],
  );
  abort.abort();
});
test('a stream of one topic hears no other, and status comes as its own message', async () => {
  const { supervisor, url } = await start();
  const abort = new AbortController();
  const answer = await fetch(`${url}/api/v1/stream?topics=port,status`, { signal: abort.signal });
  const reader = answer.body?.getReader();
  let text = '';
  supervisor.publish(notice);
  supervisor.publish({
    kind: 'port-moved',
    service: 'api',
    instance: 'api.1',
    from: 1,
    to: 2,
    why: 'taken',
    dependants: [],
  });
  while (!text.includes('port.moved') || !text.includes('event: status'))
    text += Buffer.from((await reader?.read())?.value ?? []).toString();
  ok(!text.includes('service.started'));
  abort.abort();
});
test('a reader that does not read is told what it missed, and does not hold us', async () => {
  const { supervisor, url } = await start();
  const opened = Promise.withResolvers<Json>();
  request(`${url}/api/v1/stream`, (response) => opened.resolve(response.pause())).end();
  const response = await opened.promise;
  const big = 'x'.repeat(100_000);
  for (let count = 0; count < 120; count += 1)
    supervisor.publish({
      kind: 'port-moved',
      service: 'api',
      instance: 'api.1',
      from: 1,
      to: count,
      why: big,
      dependants: [],
    });
  await until(async () => (await get('/api/v1/events?limit=1')).events[0]?.data.to === 119);
  let text = '';
  response.on('data', (chunk: Buffer) => (text += chunk.toString().replaceAll(big, '')));
  response.resume();
  await until(() => text.includes('event: dropped'));
  match(text, /event: dropped\ndata: \{"dropped":\d+,"after":\d+\}/);
  response.destroy();
});
test('beyond loopback a token with the role is required, told once, kept as a hash', async () => {
  const { url, errors, paths } = await start({ controller: { host: '0.0.0.0' } });
  const status = async (token?: string, method = 'GET', path = '/api/v1/status') => {
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(url + path, { method, headers })).status;
  };
  equal(await status(), 401);
  equal(await status('fettle_wrong'), 401);
  equal(await status(undefined, 'GET', '/livez'), 200);
  const viewer = (await overSocket(paths.controllerSocket, '/api/v1/tokens', { role: 'viewer' }))
    .token;
  equal(await status(viewer), 200);
  equal(await status(viewer, 'POST', '/api/v1/services/api/restart'), 403);
  const operator = (
    await overSocket(paths.controllerSocket, '/api/v1/tokens', { role: 'operator' })
  ).token;
  equal(await status(operator, 'POST', '/api/v1/services/api/restart'), 200);
  ok(errors.length >= 0 && !readFileSync(paths.database).includes(viewer));
});
test('a one-time token gives one session and no more', async () => {
  const { url, paths } = await start({ controller: { host: '0.0.0.0' } });
  const { token } = await overSocket(paths.controllerSocket, '/api/v1/tokens', {
    role: 'viewer',
    once: true,
  });
  equal(
    (await fetch(`${url}/api/v1/status`, { headers: { authorization: `Bearer ${token}` } })).status,
    401,
  );
  const exchange = () =>
    fetch(`${url}/api/v1/session`, {
      method: 'POST',
      body: JSON.stringify({ token }),
      headers: { 'content-type': 'application/json' },
    });
  const first = await exchange();
  const cookie = first.headers.get('set-cookie') ?? '';
  match(cookie, /HttpOnly; SameSite=Strict/);
  equal(
    (await fetch(`${url}/api/v1/status`, { headers: { cookie: cookie.split(';')[0] ?? '' } }))
      .status,
    200,
  );
  equal((await exchange()).status, 401);
});
test('a broken database is told in the journal and the API goes on', async () => {
  const first = await start();
  await first.controller.stop();
  writeFileSync(first.paths.database, 'no database at all '.repeat(1_000));
  rig = await { ...first, controller: first.controller }.restart().catch(() => null);
  ok(
    (await events()).some(
      ({ kind, text }) => kind === 'daemon.store-trouble' && text.includes('was broken'),
    ),
  );
});

/** As the CLI does: over the Unix socket nobody asks for a token. */
function overSocket(socketPath: string, path: string, body: object): Promise<Json> {
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  const headers = { 'content-type': 'application/json' };
  const sent = request({ socketPath, path, method: 'POST', headers }, (answer) => {
    let text = '';
    answer.on('data', (chunk) => (text += String(chunk)));
    answer.on('end', () => resolve(JSON.parse(text)));
  });
  sent.once('error', reject);
  sent.end(JSON.stringify(body));
  return promise;
}
