/** WebSocket probes against a real server of a few lines. */
import { createHash } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { expect, test } from 'vitest';
import { at, closeServers, listening, run } from './probe.contract.ts';
import { decodeFrame, encodeFrame } from './ws-frame.ts';

closeServers();

const ws = { kind: 'ws', target: '/feed', send: null, expect: null } as const;
/** A WebSocket server of a few lines; `greeting` in pieces of odd sizes. */
const serve = (options: { accept?: string; greeting?: string; echo?: boolean }) => {
  const server = createHttp((_, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = options.accept ?? createHash('sha1').update(key).digest('base64');
    socket.on('error', () => {});
    const head = `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    const text = Buffer.from(options.greeting ?? '');
    const size = Buffer.alloc(2);
    size.writeUInt16BE(text.length);
    const frame = Buffer.concat([Buffer.from([0x81, 126]), size, text]);
    socket.write(text.length === 0 ? head : Buffer.concat([Buffer.from(head), frame]));
    socket.on('data', (bytes: Buffer) => {
      const decoded = decodeFrame(bytes);
      if (options.echo !== true || decoded === null || decoded.frame.opcode !== 1) return;
      const mask = bytes.subarray(2, 6);
      const length = (bytes[1] ?? 0) & 0x7f;
      const said = bytes.subarray(6, 6 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
      socket.write(Buffer.concat([Buffer.from([0x81, said.length]), said]));
    });
  });
  return listening(server);
};
test('the handshake is up', async () =>
  expect(await run(ws, at(await serve({})))).toMatchObject({ ok: true }));
test('a wrong accept key is down', async () =>
  expect(await run(ws, at(await serve({ accept: 'x' })))).toMatchObject({ ok: false }));
test('plain HTTP is down, but an answer', async () => {
  const port = await listening(createHttp((_, response) => response.writeHead(404).end()));
  const seen = { ok: false, detail: 'HTTP 404 to the handshake', answer: 'answered' };
  expect(await run(ws, at(port))).toEqual(seen);
});
test('an expected message is waited for', async () => {
  const port = await serve({ greeting: `hello ${'x'.repeat(300)} world` });
  expect(await run({ ...ws, expect: '/hello.*world/' }, at(port))).toMatchObject({ ok: true });
});
test('what was sent may be answered', async () => {
  const port = await serve({ echo: true });
  expect(await run({ ...ws, send: 'ping', expect: 'ping' }, at(port))).toMatchObject({
    ok: true,
  });
});
test('a message that does not come is silence', async () => {
  const seen = await run({ ...ws, expect: 'never' }, at(await serve({})), 200);
  expect(seen).toMatchObject({ ok: false, answer: 'silent' });
});
test('frames of every length survive', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const frame = encodeFrame(1, Buffer.alloc(length, 7));
    const header = length < 126 ? 6 : length < 65_536 ? 8 : 14;
    expect(frame.length).toBe(header + length);
    expect(decodeFrame(Buffer.concat([Buffer.from([0x81]), frame.subarray(1, 1)]))).toBeNull();
  }
});
