/** Who answers: this test listens, another process is the supervised one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Seen } from '../probes/probe.ts';
import { attestFinding, listeningPorts } from './attest-finding.ts';

const good: Seen = { ok: true, detail: 'HTTP 200', answer: 'answered' };
const refused: Seen = { ok: false, detail: 'ECONNREFUSED', answer: 'absent' };
let server: Server;
let port = 0;
let child: ChildProcess;
beforeAll(async () => {
  server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  port = (server.address() as AddressInfo).port;
  child = spawn('sleep', ['60'], { detached: true });
});
afterAll(() => {
  child.kill('SIGKILL');
  server.close();
});

function attest(seen: Seen, pid: number | null, more: { host?: string; port?: number } = {}) {
  const view = { token: 'attest-1', pid, shimPid: null } as unknown as InstanceView;
  const address = { host: '127.0.0.1', port, ...more };
  return attestFinding({ seen, durationMs: 1, address, view });
}

test('our own listener is attested', () =>
  expect(attest(good, process.pid)).toMatchObject({ ok: true, attested: true }));
test('a foreign one fails the check with its owner', () => {
  const finding = attest(good, child.pid ?? 0);
  expect(finding).toMatchObject({ ok: false, attested: false });
  expect(finding.detail).toMatch(
    new RegExp(`^port ${port} is answered by pid ${process.pid} \\(.+\\), not ours$`),
  );
});
test('silence behind a foreign listener is not our silence', () =>
  expect(attest({ ...good, ok: false, answer: 'silent' }, child.pid ?? 0).attested).toBe(false));
test('refused here, but listening there', () => {
  const ports = listeningPorts([process.pid]);
  expect(ports).toContain(port);
  expect(attest(refused, process.pid, { port: 1 }).detail).toMatch(
    /^listens on [\d, ]+, not on the 1 it was given$/,
  );
});
test('refused, and listening nowhere', () =>
  expect(attest(refused, child.pid ?? 0, { port: 1 }).detail).toBe('ECONNREFUSED'));
test('an address of another machine is not asked about', () =>
  expect(attest(good, child.pid ?? 0, { host: '10.1.2.3' }).attested).toBeNull());
test('nor is anything without an address', () => {
  const view = { token: 'attest-1' } as unknown as InstanceView;
  expect(attestFinding({ seen: good, durationMs: 1, address: null, view }).attested).toBeNull();
});
