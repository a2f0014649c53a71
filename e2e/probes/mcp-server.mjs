// An MCP server made with the official SDK, over streamable HTTP on PORT or any port, which it
// prints. MODE: sessions (the default), stateless, or modern (refuses the handshake of 2025).
// `GET /sessions` says how many are open.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import {
  createMcpHandler,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

const mode = process.env.MODE ?? 'sessions';
const makeServer = () => new McpServer({ name: 'shop-tools', version: '1.2.0' });
const stateless = createMcpHandler(makeServer, mode === 'modern' ? { legacy: 'reject' } : {});
const sessions = new Map();

async function answer(request) {
  if (mode !== 'sessions') return stateless.fetch(request);
  const known = sessions.get(request.headers.get('mcp-session-id'));
  if (known !== undefined) return known.handleRequest(request);
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await makeServer().connect(transport);
  return transport.handleRequest(request);
}

const server = createServer(async (incoming, outgoing) => {
  if (incoming.url === '/sessions') return outgoing.end(String(sessions.size));
  const hasBody = incoming.method === 'POST';
  const request = new Request(new URL(incoming.url, 'http://127.0.0.1'), {
    method: incoming.method,
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}),
  });
  const response = await answer(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) return outgoing.end();
  const body = Readable.fromWeb(response.body);
  body.on('error', () => outgoing.destroy());
  outgoing.on('close', () => body.destroy());
  return body.pipe(outgoing);
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(`port ${server.address().port}`),
);
