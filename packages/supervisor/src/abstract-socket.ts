/**
 * Abstract Unix sockets as locks: whoever listens on the name holds it, the kernel frees it at
 * death, and it is scoped to the network namespace, as ports are.
 */
import { createServer, type Server, type Socket } from 'node:net';

export type HeldName = Readonly<{ release(): void }>;

/** null: somebody else holds it. */
export function holdName(name: string): Promise<HeldName | null> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer((socket: Socket) => {
      // Whoever only looks whether the name is held hangs up at once: no reason for us to end.
      socket.on('error', () => socket.destroy());
      socket.end(`${process.pid}\n`);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ path: name }, () => {
      server.unref();
      resolve({ release: () => void server.close() });
    });
  });
}

export async function nameHeld(name: string): Promise<boolean> {
  const own = await holdName(name);
  own?.release();
  return own === null;
}
