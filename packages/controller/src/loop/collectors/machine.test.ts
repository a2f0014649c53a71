/** What is read from the machine itself: pressure, disks, sockets of real processes, certificates. */
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EdgeSeen } from '@fettle/core/loop/collect/observation';
import type { Sample } from '@fettle/core/loop/collect/metric';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { afterEach, expect, test } from 'vitest';
import { aService, aStack, aView, until } from '../../controller.kit.ts';
import { liveView, openBench } from '../exam/exam.kit.ts';
import { collectors, startCollectors } from './all.ts';
import { aWorld } from './collecting.kit.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function open(name: string, services: readonly Service[], views: readonly InstanceView[]) {
  const world = aWorld(aStack(services), views);
  closers.push(
    startCollectors({
      deps: world.deps,
      observed: (batch) => void world.seen.push(...batch),
      collectors: collectors.filter((one) => one.name === name),
    }),
  );
  return {
    samples: (): readonly Sample[] =>
      world.seen.flatMap((one) => (one.kind === 'sampled' ? one.samples : [])),
    edges: (): readonly EdgeSeen[] =>
      world.seen.flatMap((one) => (one.kind === 'connections' ? one.edges : [])),
  };
}

test('the machine: memory and load always, pressure where the kernel tells it', async () => {
  const { samples } = open('host', [], []);
  await until(() => samples().length > 0);
  const value = (name: string) => samples().find(({ metric }) => metric === name)?.value;
  expect(value('memory_available_bytes')).toBeGreaterThan(1_000_000);
  expect(value('load_per_core')).toBeGreaterThanOrEqual(0);
  const psi = value('psi_cpu');
  if (psi !== undefined) expect(psi >= 0 && psi <= 1).toBe(true);
  expect(samples().every(({ subject }) => subject === '@host')).toBe(true);
});

test('disks: the mount of the working directory', async () => {
  const { samples } = open('disks', [aService('api', { workingDir: tmpdir() })], [aView('api')]);
  await until(() => samples().some(({ metric }) => metric === 'disk_free_bytes'));
  const used = samples().find(({ metric }) => metric === 'disk_used_ratio');
  expect(used?.subject).toMatch(/^@disk:\//);
  expect((used?.value ?? -1) >= 0 && (used?.value ?? 2) <= 1).toBe(true);
});

test('sockets: who is connected to whom, and deleted files that still take room', async () => {
  const bench = openBench();
  closers.push(() => bench.close());
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = await bench.run(
    `const { connect } = require('net'); let open = 0;
     for (let i = 0; i < 3; i++)
       connect(${port}, '127.0.0.1', () => { if (++open === 3) console.log('on'); });`,
    'e-api',
  );
  const file = join(bench.dir, 'gone.dat');
  const fd = openSync(file, 'w');
  writeSync(fd, Buffer.alloc(200_000, 1));
  unlinkSync(file);
  closers.push(() => closeSync(fd));
  const views = [
    liveView('db', process.pid, 'e-db', port),
    aView('api', { pid: client.pid, token: 'e-api' }),
  ];
  const { samples, edges } = open('sockets', [aService('db'), aService('api')], views);
  await until(() => edges().length > 0);
  expect(edges()).toContainEqual({
    service: 'api',
    peer: 'db',
    host: '127.0.0.1',
    port,
    established: 3,
    synSent: 0,
    closeWait: 0,
  });
  const value = (subject: string, name: string) =>
    samples().find((one) => one.subject === subject && one.metric === name)?.value;
  expect([value('db', 'connections_in'), value('api', 'connections_out')]).toEqual([3, 3]);
  expect(value('db', 'deleted_open_bytes')).toBeGreaterThanOrEqual(200_000);
  expect(value('api', 'deleted_open_bytes')).toBe(0);
});

/** Self-signed, its key thrown away. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBcDCCARWgAwIBAgIUVAdi2ln7UM/YWG96f65lsryLs0UwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjExNDM0NTdaGA8yMTI2MTAyODE0MzQ1N1ow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEtGFdQALOzP
HVl/xdFtl/2zjHRiThxbcu6LyMs37uYCDCq+6bTY0kUye4NoTTaHVJkHDp/mXvHW
23BDi6HHHQ2jUzBRMB0GA1UdDgQWBBTX25ajpFqCD/yaKvlLqJlIoblduDAfBgNV
HSMEGDAWgBTX25ajpFqCD/yaKvlLqJlIoblduDAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0kAMEYCIQCGTdCWRgVE6vRc6Y0f0nEd6QpHRcUVEtDcpkKhO/IV
bgIhAMjIOrr+ZnyAomkHxtet/wsZgoWDI+lv4FtyYYRcsO+F
-----END CERTIFICATE-----
`;

test('certificates: the days that are left of the one that a command names', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-certificate-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'server.crt'), certificate);
  const service = aService('api', { command: ['serve', '--cert=server.crt'], workingDir: dir });
  const { samples } = open('certificates', [service, aService('plain')], []);
  await until(() => samples().length > 0);
  expect(samples()).toMatchObject([{ subject: 'api', metric: 'certificate_days' }]);
  const expected = (Date.parse('2126-10-28T14:34:57Z') - Date.now()) / 86_400_000;
  expect(samples()[0]?.value).toBeCloseTo(expected, 1);
});
