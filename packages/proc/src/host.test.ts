/** The machine under the test is the fixture. */
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { availableMemoryBytes, readHost } from './host.ts';

test('memory, disk, limits and processes are read', () => {
  const host = readHost(tmpdir(), []);
  expect(host.memoryAvailableBytes).toBeGreaterThan(0);
  expect(availableMemoryBytes()).toBeGreaterThan(0);
  expect(host.disk?.totalBytes).toBeGreaterThan(host.disk?.freeBytes ?? 0);
  expect(host.processesRunning).toBeGreaterThan(1);
  expect(host.takenPorts).toEqual([]);
});

test('a folder that is not there has no disk', () =>
  expect(readHost('/no/such/folder', []).disk).toBeNull());

test('a taken port is told with its owner', async () => {
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  try {
    expect(readHost(tmpdir(), [port]).takenPorts).toMatchObject([{ port, pid: process.pid }]);
  } finally {
    server.close();
  }
});
