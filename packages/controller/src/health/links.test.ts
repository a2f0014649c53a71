/** Edges of a stack against real listeners and a real environment. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import type { Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readVariable } from '@fettle/proc/process-command';
import { expect, test } from 'vitest';
import type { SupervisorLink } from '../parts.ts';
import { tryLinks } from './links.ts';

const edge = (service: string, condition = 'service_started', required = true) => ({
  service,
  condition,
  required,
  restart: false,
});
const service = (name: string, dependsOn: unknown[] = [], more: object = {}) => ({
  name,
  dependsOn,
  healthChecks: [],
  external: false,
  externalUrl: null,
  ...more,
});
const view = (name: string, state: string, port: number | null, pid: number | null = null) => ({
  instance: `${name}.1`,
  service: name,
  state,
  pid,
  startedAtMs: Date.now() - 60_000,
  port: port === null ? null : { host: '127.0.0.1', port },
});

test('every edge is tried, and a stale address is told', async () => {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  const child = spawn('sleep', ['60'], {
    env: { PATH: process.env['PATH'], DB_MAIN_URL: 'tcp://127.0.0.1:1' },
  });
  const pid = child.pid ?? 0;
  await expect.poll(() => readVariable(pid, 'DB_MAIN_URL')).not.toBeNull();
  const services = [
    service('api', [
      edge('cache', 'service_started', false),
      edge('seed', 'service_completed_successfully'),
    ]),
    service('web', [edge('db-main'), edge('worker'), edge('far'), edge('ghost')]),
    ...['cache', 'seed', 'db-main', 'worker'].map((name) => service(name)),
    service('far', [], { external: true, externalUrl: `tcp://127.0.0.1:${port}` }),
  ];
  const views = [
    view('api', 'running', null),
    view('web', 'running', null, pid),
    view('cache', 'running', 1),
    view('seed', 'done', null),
    view('db-main', 'running', port),
    view('worker', 'crash-loop', null),
    view('far', 'external', null),
  ];
  const link = {
    stack: () => ({ services }) as unknown as Stack,
    instances: () => views as unknown as InstanceView[],
  } as unknown as SupervisorLink;
  try {
    const links = await tryLinks(link);
    expect(links.map(({ from, to, ok, tried }) => [from, to, ok, tried])).toEqual([
      ['api', 'cache', false, 'tcp 127.0.0.1:1'],
      ['api', 'seed', true, 'completed'],
      ['web', 'db-main', false, `tcp 127.0.0.1:${port}`],
      ['web', 'worker', false, 'running'],
      ['web', 'far', true, `tcp 127.0.0.1:${port}`],
    ]);
    expect(links[0]).toMatchObject({ required: false, detail: 'ECONNREFUSED 127.0.0.1:1' });
    expect(links[2]?.detail).toBe(
      `web.1 was told DB_MAIN_URL=127.0.0.1:1 when it started 1m ago; it is at ${port} now`,
    );
  } finally {
    child.kill('SIGKILL');
    server.close();
  }
});
