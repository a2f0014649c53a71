/** Messages reach a real receiver: signed, in order, again after failures, over restarts of ours. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Incident } from '@fettle/core/incident/incident';
import type { NotifyTarget } from '@fettle/core/stack/heal-wish';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aStack } from '../../controller.kit.ts';
import { memoryStore } from '../../stores/memory.ts';
import { openDeadMan } from './dead-man.ts';
import { openPost, type Post, type PostOptions } from './post.ts';

type Call = Readonly<{ path: string; headers: IncomingHttpHeaders; body: string; atMs: number }>;

let server: Server;
let base: string;
let calls: Call[];
/** Answers in turn; 200 when there is none left. */
let answers: (number | 'hang')[];
const posts: Post[] = [];

beforeEach(async () => {
  calls = [];
  answers = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      calls.push({ path, headers, body, atMs: performance.now() });
      const answer = answers.shift() ?? 200;
      if (answer === 'hang') return;
      const where = answer === 302 ? { location: `${base}/elsewhere` } : {};
      response.writeHead(answer, where).end('ok');
    });
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const post of posts.splice(0)) await post.stop();
  server.closeAllConnections();
  server.close();
});

function anIncident(fields: Partial<Incident> = {}): Incident {
  return {
    id: 'INC-7',
    state: 'open',
    title: 'db is down',
    severity: 'error',
    root: 'db',
    services: ['db', 'api'],
    affected: ['web'],
    openedMs: 1_700_000_000_000,
    changedMs: 1_700_000_000_000,
    resolvedMs: null,
    symptoms: [],
    diagnosis: null,
    diagnoses: [],
    plans: [],
    runIds: ['run-3'],
    timeline: [],
    lessons: [],
    escalated: false,
    escalationReason: null,
    acknowledgedBy: null,
    closedBy: null,
    recurrenceOf: null,
    notes: [],
    manualSteps: [],
    verdict: null,
    ...fields,
  };
}

function open(more: Partial<PostOptions> & { targets?: readonly NotifyTarget[] } = {}) {
  const { targets = [{ webhook: `${base}/hook`, secretEnv: null }], ...rest } = more;
  const trouble: string[] = [];
  const post = openPost({
    stack: () => aStack([], { notify: targets }),
    store: memoryStore(),
    env: {},
    url: () => 'http://127.0.0.1:7700',
    backoff: { baseMs: 10, maxMs: 40 },
    onTrouble: (text) => trouble.push(text),
    ...rest,
  });
  posts.push(post);
  return { post, trouble };
}
const states = (post: Post) => post.deliveries().map(({ state }) => state);
const event = (call: Call | undefined) => JSON.parse(call?.body ?? '{}') as Record<string, unknown>;

test('a receiver that fails at first is told, signed anew each time, with the same message', async () => {
  const secret = `whsec_${Buffer.from('a key of some bytes').toString('base64')}`;
  answers = [500, 503];
  const { post } = open({
    env: { HOOK: secret },
    targets: [{ webhook: `${base}/hook`, secretEnv: 'HOOK' }],
  });
  post.tell(anIncident(), 'opened');
  await expect.poll(() => states(post)).toEqual(['delivered']);
  expect(calls).toHaveLength(3);
  expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
  for (const { headers, body } of calls) {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers;
    const mac = createHmac('sha256', 'a key of some bytes');
    const expected = mac.update(`${String(id)}.${String(timestamp)}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(id).toBe('INC-7.1');
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(30);
  }
  expect(calls[0]?.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
  expect(event(calls[0])).toMatchObject({
    specversion: '1.0',
    id: 'INC-7.1',
    source: '/fettle/shop',
    type: 'dev.fettle.incident.opened',
    subject: 'INC-7',
    sequence: '0000000001',
    datacontenttype: 'application/json',
    data: { text: 'INC-7: db is down', incident: { root: 'db', state: 'open' } },
  });
  expect(post.deliveries()[0]).toMatchObject({ attempts: 3, status: 200, shown: `${base}/…` });
});

test('a change has the same subject and a higher sequence', async () => {
  const { post } = open();
  post.tell(anIncident(), 'opened');
  await expect.poll(() => calls.length).toBe(1);
  post.tell(anIncident({ escalationReason: 'no cure is known' }), 'escalated');
  await expect.poll(() => calls.length).toBe(2);
  const [first, second] = calls.map(event);
  expect(second?.['subject']).toBe(first?.['subject']);
  expect(String(second?.['sequence']) > String(first?.['sequence'])).toBe(true);
  expect(second?.['data']).toMatchObject({ text: 'INC-7 needs a person: no cure is known' });
});

test('what still waits when a newer message comes is left out', async () => {
  answers = [500];
  const { post } = open({ backoff: { baseMs: 300, maxMs: 300 }, random: () => 0 });
  post.tell(anIncident(), 'opened');
  await expect.poll(() => post.deliveries()[0]?.attempts).toBe(1);
  post.tell(anIncident({ closedBy: 'fettle' }), 'resolved');
  await expect.poll(() => states(post)).toEqual(['superseded', 'delivered']);
  expect(calls.map((call) => event(call)['type'])).toEqual([
    'dev.fettle.incident.opened',
    'dev.fettle.incident.resolved',
  ]);
});

test('messages of one incident never overtake each other', async () => {
  answers = ['hang'];
  const { post } = open();
  post.tell(anIncident(), 'opened');
  await expect.poll(() => calls.length).toBe(1);
  post.tell(anIncident(), 'resolved');
  post.tell(anIncident({ id: 'INC-8' }), 'opened');
  await expect.poll(() => calls.length).toBe(2);
  expect(event(calls[1])['subject']).toBe('INC-8');
  expect(states(post)).toEqual(['waiting', 'waiting', 'delivered']);
});

test('what was not delivered is tried again by the next controller', async () => {
  const store = memoryStore();
  answers = [500, 500, 500, 500, 500, 500];
  const first = open({ store, backoff: { baseMs: 60_000, maxMs: 60_000 }, random: () => 0.999 });
  first.post.tell(anIncident(), 'opened');
  await expect.poll(() => first.post.deliveries()[0]?.attempts ?? 0).toBeGreaterThan(0);
  await first.post.stop();
  answers = [];
  const before = calls.length;
  const next = open({ store, nowMs: () => Date.now() + 120_000 });
  await expect.poll(() => states(next.post)).toEqual(['delivered']);
  expect(calls.length).toBe(before + 1);
  expect(event(calls.at(-1))['id']).toBe('INC-7.1');
  next.post.tell(anIncident(), 'resolved');
  await expect.poll(() => event(calls.at(-1))['id']).toBe('INC-7.2');
});

test('after a day it is given up, and somebody hears of that', async () => {
  answers = Array.from({ length: 50 }, () => 500);
  let lateMs = 0;
  const { post, trouble } = open({ nowMs: () => Date.now() + lateMs });
  post.tell(anIncident(), 'opened');
  await expect.poll(() => post.deliveries()[0]?.attempts ?? 0).toBeGreaterThan(1);
  lateMs = 24 * 3_600_000;
  await expect.poll(() => states(post)).toEqual(['given-up']);
  expect(trouble[0]).toMatch(/was not told of INC-7\.1@\w+: HTTP 500/);
  expect(trouble[0]).not.toContain('/hook');
});

test('waits grow, and the receiver may ask for more', async () => {
  answers = [429];
  const rough = createServer((_request, response) => {
    calls.push({ path: '', headers: {}, body: '', atMs: performance.now() });
    const status = calls.length === 1 ? 429 : 200;
    response.writeHead(status, { 'retry-after': '1' }).end();
  });
  await new Promise<void>((listening) => {
    rough.listen(0, '127.0.0.1', listening);
  });
  const webhook = `http://127.0.0.1:${(rough.address() as AddressInfo).port}/`;
  const { post } = open({ targets: [{ webhook, secretEnv: null }] });
  post.tell(anIncident(), 'opened');
  await expect.poll(() => states(post), { timeout: 5_000 }).toEqual(['delivered']);
  expect((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBeGreaterThan(900);
  rough.close();
});

test('a receiver that wants no more is asked no more', async () => {
  answers = [410];
  const { post } = open();
  post.tell(anIncident(), 'opened');
  await expect.poll(() => states(post)).toEqual(['given-up']);
  expect(calls).toHaveLength(1);
});

test('without the secret nothing is sent, rather than unsigned', async () => {
  const env: Record<string, string> = {};
  const { post } = open({ env, targets: [{ webhook: `${base}/hook`, secretEnv: 'HOOK' }] });
  post.tell(anIncident(), 'opened');
  await expect.poll(() => post.deliveries()[0]?.error).toBe('HOOK is not set');
  expect(calls).toHaveLength(0);
  env['HOOK'] = 'plain words';
  await expect.poll(() => states(post)).toEqual(['delivered']);
});

test('a redirect is not followed', async () => {
  answers = [302];
  const { post } = open();
  post.tell(anIncident(), 'opened');
  await expect.poll(() => states(post)).toEqual(['delivered']);
  expect(calls.map(({ path }) => path)).toEqual(['/hook', '/hook']);
});

test('a receiver that left the config is called no more', async () => {
  answers = [500];
  const targets: NotifyTarget[] = [{ webhook: `${base}/hook`, secretEnv: null }];
  const { post } = open({ targets, backoff: { baseMs: 400, maxMs: 400 }, random: () => 0 });
  post.tell(anIncident(), 'opened');
  await expect.poll(() => post.deliveries()[0]?.attempts).toBe(1);
  targets.length = 0;
  await expect.poll(() => states(post)).toEqual(['given-up']);
  expect(calls).toHaveLength(1);
});

test('credentials in words are masked', async () => {
  const { post } = open();
  post.tell(anIncident({ title: 'postgres://app:hunter2@db/x refused' }), 'opened');
  await expect.poll(() => calls.length).toBe(1);
  expect(calls[0]?.body).not.toContain('hunter2');
});

test('the dead-man call is made while the loop is alive, and no longer', async () => {
  let alive = true;
  const notify = [{ webhook: `${base}/hook`, secretEnv: null, deadMan: `${base}/alive` }];
  const deadMan = openDeadMan({
    stack: () => aStack([], { notify }),
    isAlive: () => alive,
    everyMs: 20,
  });
  await expect.poll(() => calls.length).toBeGreaterThan(2);
  expect(calls.every(({ path }) => path === '/alive')).toBe(true);
  alive = false;
  let before = -1;
  const isQuiet = (): boolean => {
    const same = calls.length === before;
    before = calls.length;
    return same;
  };
  await expect.poll(isQuiet, { interval: 80 }).toBe(true);
  deadMan.stop();
});
