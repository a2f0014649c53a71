/** The keeper's socket: one supervisor at a time, the newest. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { ContainerNews, ContainerOrder } from '@fettle/core/supervise/container-wire';
import { lineCutter } from '@fettle/sdk/daemon/ndjson';

export type OrderServer = Readonly<{ tell(news: ContainerNews): void; close(): void }>;

export async function listenForOrders(
  socketPath: string,
  onOrder: (order: ContainerOrder) => void,
): Promise<OrderServer> {
  let client: Socket | null = null;
  const server = createServer((socket) => {
    client?.destroy();
    client = socket;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (client === socket) client = null;
    });
    const onLine = (line: string): void => onOrder(JSON.parse(line) as ContainerOrder);
    socket.on(
      'data',
      lineCutter(onLine, () => socket.destroy()),
    );
  });
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o600);
  return {
    // Who is not there asks again when it comes back.
    tell: (news) => void client?.write(`${JSON.stringify(news)}\n`),
    close() {
      client?.destroy();
      server.close();
    },
  };
}
