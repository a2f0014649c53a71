import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readTcpTable } from '@fettle/proc/tcp-table';
import { expect, test } from 'vitest';
import { ownPorts } from './own-ports.ts';

test('where we listen, and nowhere else', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const found = ownPorts(readTcpTable() ?? []);
  server.close();
  await once(server, 'close');
  expect(found).toContain(port);
  expect(ownPorts(readTcpTable() ?? [])).not.toContain(port);
});
