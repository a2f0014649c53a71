import { describe, expect, test } from 'vitest';
import { findServices, type FoundService } from './find-services.ts';
import { judgeFound, type PortAnswer } from './judge-found.ts';
import { nameProgram } from './name-program.ts';
import type { Connection, Listening, RunningProcess } from './running-facts.ts';

function process(pid: number, ppid: number, line: string, more: Partial<RunningProcess> = {}) {
  const args = line.split(' ');
  const name = args[0]!.split('/').at(-1)!.slice(0, 15);
  return {
    pid,
    ppid,
    name,
    args,
    state: 'S',
    cwd: '/srv',
    uid: 1000,
    terminal: false,
    cgroup: null,
    ageMs: 60_000,
    cpuMs: 0,
    rssBytes: 0,
    marks: {},
    wants: [],
    ours: false,
    ...more,
  } satisfies RunningProcess;
}
const port = (pid: number, number: number, address = '127.0.0.1'): Listening => ({
  pid,
  address,
  port: number,
  unaccepted: 0,
});
const to = (pid: number, remotePort: number, localPort = 50_000): Connection => ({
  pid,
  state: 'established',
  localPort,
  remoteAddress: '127.0.0.1',
  remotePort,
});
const find = (
  processes: readonly RunningProcess[],
  listening: readonly Listening[] = [],
  connections: readonly Connection[] = [],
) => findServices({ processes, listening, connections }, { all: false, self: new Set([99]) });
const shapeOf = (services: readonly FoundService[]) =>
  services.map(({ name, manager, instances, listening }) => ({
    name,
    manager,
    roots: instances.map(({ root }) => root.pid),
    ports: listening.map((one) => one.port),
  }));

describe('what is found', () => {
  test('a bare program that listens, from the top of its tree', () => {
    const found = find(
      [
        process(10, 1, '-bash', { terminal: true }),
        process(11, 10, 'npm run dev'),
        process(12, 11, 'sh -c node api.js'),
        process(13, 12, 'node api.js'),
        process(99, 10, 'fettle try'),
      ],
      [port(13, 3000)],
    );
    expect(shapeOf(found)).toEqual([
      { name: 'npm', manager: 'nobody', roots: [11], ports: [3000] },
    ]);
    expect(found[0]?.instances[0]?.processes.map(({ pid }) => pid)).toEqual([11, 12, 13]);
  });
  test('two that one script started are two, and we ourselves are never climbed', () => {
    const found = find(
      [
        process(99, 1, 'node fettle'),
        process(10, 99, 'sh -c both'),
        process(11, 10, 'node front.js'),
        process(12, 10, 'node back.js'),
      ],
      [port(11, 80), port(12, 81)],
    );
    expect(shapeOf(found)).toEqual([
      { name: 'front', manager: 'nobody', roots: [11], ports: [80] },
      { name: 'back', manager: 'nobody', roots: [12], ports: [81] },
    ]);
  });
  test('apps of PM2 by their names, instances together, whether they listen or not', () => {
    const of = (name: string, id: string) => ({ marks: { name, pm_id: id } });
    const found = find(
      [
        process(20, 1, 'PM2 v6.0.5: God Daemon (/root/.pm2)'),
        process(21, 20, 'node /srv/api.js', of('api', '0')),
        process(22, 20, 'node /srv/api.js', of('api', '1')),
        process(23, 20, 'node /srv/worker.js', of('worker', '2')),
      ],
      [port(20, 3000)],
    );
    expect(shapeOf(found)).toEqual([
      { name: 'api', manager: 'pm2', roots: [21, 22], ports: [3000] },
      { name: 'worker', manager: 'pm2', roots: [23], ports: [] },
    ]);
  });
  test('units of systemd; what the system itself runs is left out', () => {
    const unit = (name: string) => ({ cgroup: `/system.slice/${name}.service` });
    const found = find(
      [
        process(30, 1, '/usr/sbin/sshd -D', unit('ssh')),
        process(31, 1, '/usr/lib/systemd/systemd-journald', { ...unit('systemd-journald') }),
        process(32, 1, '/usr/bin/node /opt/shop/api.js', unit('shop-api')),
        process(33, 1, '/usr/sbin/thermald --x', { ...unit('thermald'), cwd: '/' }),
      ],
      [port(30, 22), port(32, 8080)],
    );
    expect(shapeOf(found)).toEqual([
      { name: 'shop-api', manager: 'systemd', roots: [32], ports: [8080] },
    ]);
  });
  test('what Fettle runs already, and ourselves, are no find', () => {
    expect(find([process(40, 1, 'node a.js', { ours: true })], [port(40, 1)])).toEqual([]);
    expect(find([process(99, 1, 'node fettle')], [port(99, 1)])).toEqual([]);
  });
});

test('links: seen as connections, and wanted where nobody listens', () => {
  const wants = [{ variable: 'DATABASE_URL', port: 5432 }];
  const [api] = find(
    [process(50, 1, 'node api.js', { wants }), process(51, 1, 'redis-server')],
    [port(50, 3000), port(51, 6379)],
    [to(50, 6379), to(50, 44_000, 3000), { ...to(50, 443), remoteAddress: '10.0.0.9' }],
  );
  expect(api?.links).toEqual([
    { to: 'redis-server', port: 6379, state: 'connected', variable: null },
    { to: '10.0.0.9:443', port: 443, state: 'connected', variable: null },
    { to: '127.0.0.1:5432', port: 5432, state: 'nobody listens', variable: 'DATABASE_URL' },
  ]);
});

describe('what is said of it', () => {
  const answer = (more: Partial<PortAnswer>): PortAnswer => ({
    port: 3000,
    result: 'answers',
    path: '/',
    status: 200,
    tookMs: 1,
    ...more,
  });
  const judge = (more: Partial<RunningProcess>, ...answers: readonly PortAnswer[]) =>
    judgeFound(find([process(60, 1, 'node a.js', more)], [port(60, 3000)])[0]!, answers);

  test('well, and what would make it easier to keep', () => {
    expect(judge({ uid: 0 }, answer({}))).toEqual({
      state: 'ok',
      why: null,
      suggestions: [
        'nobody starts it again when it dies',
        'no health path on port 3000: `health: /` would do, /healthz is better',
        'it runs as root',
      ],
    });
  });
  test.each([
    [{}, answer({ result: 'silent' }), 'failing', 'takes connections and does not answer'],
    [{ ageMs: 100 }, answer({ result: 'refused' }), 'starting', 'refuses connections'],
    [{}, answer({ status: 503 }), 'degraded', 'GET / on port 3000 answers 503'],
    [{ state: 'T' }, answer({}), 'failing', 'pid 60 is stopped by a signal'],
  ])('%j %j is %s', (facts, said, state, why) => {
    expect(judge(facts, said)).toMatchObject({ state, why: expect.stringContaining(why) });
  });
  test('started again and again while we watch', () => {
    const [service] = find([process(60, 1, 'node a.js')], [port(60, 3000)]);
    expect(judgeFound(service!, [], { replaced: 3, sinceMs: 9_000 })).toMatchObject({
      state: 'failing',
      why: 'It was started again 3 times in the 9 s that we watched',
    });
  });
});

test.each([
  ['node --watch src/api/index.js', 'api'],
  ['/usr/bin/python3 -m http.server 80', 'http.server'],
  ['python3 -u app.py', 'app'],
  ['java -jar target/shop.jar', 'shop'],
  ['nginx: master process', 'nginx'],
  ['sh -c x', 'sh'],
])('%s is called %s', (line, name) => expect(nameProgram(process(1, 0, line))).toBe(name));
