/** WebSocket: the handshake succeeds and, where asked, one message is answered as expected. */
import { createHash, randomBytes } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { nodeHttp } from '@fettle/sdk/builtin';
import { formatDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import { addressOf, targetUrl } from './address.ts';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import { readPattern, type Pattern } from './pattern.ts';
import type { Place, ProbeKind, Seen } from './probe.ts';
import { decodeFrame, encodeFrame, opcodes } from './ws-frame.ts';

const maxMessageBytes = 65_536;
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const wsProbe: ProbeKind<'ws'> = {
  kind: 'ws',
  address(probe, place) {
    const url = targetUrl(probe.target, place, 'ws');
    return url === null ? null : addressOf(url);
  },
  open(probe, place) {
    const url = requireUrl(probe.target, place);
    const expect = probe.expect === null ? null : readPattern(probe.expect);
    return { run: (timeoutMs) => shake(url, probe.send, expect, timeoutMs), close() {} };
  },
};

function requireUrl(target: string, place: Place): URL {
  const url = targetUrl(target, place, 'ws');
  if (url !== null) return url;
  throw new FettleError('E-HEALTH-PROBE', `${place.service}: no address for ${target}`, {
    hint: `Give services.${place.service} a port, or the check an absolute ws:// URL.`,
  });
}

function shake(
  url: URL,
  send: string | null,
  expect: Pattern | null,
  timeoutMs: number,
): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const key = randomBytes(16).toString('base64');
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  const plain = new URL(url.href.replace(/^(ws|http)s?:/, secure ? 'https:' : 'http:'));
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    'user-agent': 'fettle-probe',
  };
  let open: Duplex | null = null;
  const finish = (seen: Seen): void => {
    deadline.clear();
    resolve(seen);
    open?.destroy();
    request.destroy();
  };
  const fail = (detail: string): void => finish({ ok: false, detail, answer: 'answered' });
  const request = (secure ? httpsRequest : nodeHttp().request)(plain, { headers, agent: false });
  const deadline = startDeadline(timeoutMs, () => {
    const what = open === null ? 'no WebSocket handshake' : `no message like ${expect?.source}`;
    finish({ ok: false, detail: `${what} in ${formatDuration(timeoutMs)}`, answer: 'silent' });
  });
  request.on('response', (response) => fail(`HTTP ${response.statusCode} to the handshake`));
  request.on('error', (error) => finish(seenFromError(error, addressOf(url))));
  request.on('upgrade', (response, socket, head) => {
    open = socket;
    socket.on('error', () => fail('connection lost'));
    if (response.headers['sec-websocket-accept'] !== acceptOf(key))
      return fail('handshake answered with a wrong Sec-WebSocket-Accept');
    if (send !== null) socket.write(encodeFrame(opcodes.text, Buffer.from(send)));
    if (expect === null) return part(socket, finish, 'handshake done');
    return listen(socket, head, { expect, finish, fail });
  });
  request.end();
  return promise;
}

type Hearing = Readonly<{
  expect: Pattern;
  finish(seen: Seen): void;
  fail(detail: string): void;
}>;

function listen(socket: Duplex, head: Buffer, { expect, finish, fail }: Hearing): void {
  let bytes = Buffer.alloc(0);
  let message = '';
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let next = decodeFrame(bytes); next !== null; next = decodeFrame(bytes)) {
      const { frame, rest } = next;
      bytes = Buffer.from(rest);
      if (frame.opcode === opcodes.ping) socket.write(encodeFrame(opcodes.pong, frame.payload));
      if (frame.opcode === opcodes.close) return fail('closed before the expected message');
      if (frame.opcode > opcodes.binary) continue;
      message += frame.payload.toString('utf8');
      if (!frame.final) continue;
      if (expect.test(message)) return part(socket, finish, `heard ${expect.source}`);
      message = '';
    }
    if (bytes.length + message.length > maxMessageBytes) fail('a message over 64 kB');
  };
  socket.on('data', take);
  socket.once('end', () => fail('closed before the expected message'));
  if (head.length > 0) take(head);
}

/** Says good-bye as the protocol wants it, so that the service logs no broken connection. */
function part(socket: Duplex, finish: (seen: Seen) => void, detail: string): void {
  const normal = Buffer.from([0x03, 0xe8]);
  socket.write(encodeFrame(opcodes.close, normal), () =>
    finish({ ok: true, detail, answer: 'answered' }),
  );
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64');
}
