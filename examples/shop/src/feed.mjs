// Tells everybody who listens on /feed what is said on POST /publish.
import { createRequire } from 'node:module';
import { serve } from './service.mjs';

const maxListeners = 200;
const { WebSocketServer } = await importWs();
const sockets = new WebSocketServer({ noServer: true, maxPayload: 4_096 });

/** From a copy of this folder: the one that stands beside the Node that runs us. */
async function importWs() {
  try {
    return await import('ws');
  } catch (error) {
    try {
      return createRequire(process.execPath)('ws');
    } catch {
      throw new Error('module ws is not installed: run npm install in this folder', {
        cause: error,
      });
    }
  }
}

const server = serve(
  {
    'GET /healthz': () => ({ status: 'ok', listeners: sockets.clients.size }),
    'POST /publish': ({ body }) => {
      const text = JSON.stringify(body);
      for (const socket of sockets.clients) if (socket.bufferedAmount < 65_536) socket.send(text);
      return { told: sockets.clients.size };
    },
  },
  { onStop: () => sockets.clients.forEach((socket) => socket.close(1001, 'the feed restarts')) },
);

server.on('upgrade', (request, socket, head) => {
  const full = sockets.clients.size >= maxListeners;
  if (full || new URL(request.url, 'http://feed').pathname !== '/feed') {
    socket.end(`HTTP/1.1 ${full ? '503 Service Unavailable' : '404 Not Found'}\r\n\r\n`);
    return;
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => client.terminate());
    client.on('message', (text) => {
      if (String(text) === 'hello') client.send(JSON.stringify({ kind: 'welcome' }));
    });
  });
});
