/**
 * gRPC: the server's health service says SERVING. HTTP/2 comes from Node; the two messages are a
 * few bytes long and written by hand: request `{1: service}`, response `{1: status}`, each behind
 * five bytes of length. Sources: grpc/doc/health-checking.md, grpc/doc/PROTOCOL-HTTP2.md.
 */
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { isIP } from 'node:net';
import { formatDuration } from '@fettle/sdk/duration';
import { addressText, requireAddress, serverAddress } from './address.ts';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import type { Address, ProbeKind, ProbeOf, Seen } from './probe.ts';
import { tlsOptions } from './tls-options.ts';

const path = '/grpc.health.v1.Health/Check';
const maxAnswerBytes = 65_536;
const serving = 1;
const statusWords = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

export const grpcProbe: ProbeKind<'grpc'> = {
  kind: 'grpc',
  address: serverAddress,
  open(probe, place) {
    const address = requireAddress(probe, place);
    return { run: (timeoutMs) => check(address, probe, timeoutMs), close() {} };
  },
};

async function check(
  address: Address,
  { service, tls }: ProbeOf<'grpc'>,
  timeoutMs: number,
): Promise<Seen> {
  // Loaded only where somebody speaks gRPC.
  const http2 = await import('node:http2');
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const scheme = tls === null ? 'http' : 'https';
  const name = tls?.serverName ?? (isIP(address.host) === 0 ? address.host : null);
  const session = http2.connect(`${scheme}://${addressText(address)}`, {
    ...(tls === null ? {} : tlsOptions(tls)),
    ...(name === null || tls === null ? {} : { servername: name }),
  });
  let heard = false;
  const finish = (seen: Seen): void => {
    deadline.clear();
    resolve(seen);
    session.destroy();
  };
  const deadline = startDeadline(timeoutMs, () => {
    const what = heard ? 'no answer to Health/Check' : 'no HTTP/2 connection';
    finish({ ok: false, detail: `${what} in ${formatDuration(timeoutMs)}`, answer: 'silent' });
  });
  session.once('remoteSettings', () => (heard = true));
  const fail = (error: NodeJS.ErrnoException): void => finish(seenFromFailure(error, address));
  session.once('error', fail);
  session.once('close', () => finish(bad('the server hung up')));
  listen(ask(session, service, timeoutMs), service, finish, fail);
  return promise;
}

function ask(session: ClientHttp2Session, service: string, timeoutMs: number): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    'user-agent': 'fettle-probe',
    te: 'trailers',
    'grpc-timeout': `${Math.min(99_999_999, Math.ceil(timeoutMs))}m`,
  });
  stream.end(framed(requestOf(service)));
  return stream;
}

function listen(
  stream: ClientHttp2Stream,
  service: string,
  finish: (seen: Seen) => void,
  fail: (error: NodeJS.ErrnoException) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let http = 0;
  let status: string | null = null;
  let words = '';
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    if (headers[':status'] !== undefined) http = Number(headers[':status']);
    if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status']);
    if (headers['grpc-message'] !== undefined) words = decoded(String(headers['grpc-message']));
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxAnswerBytes) chunks.push(chunk);
  });
  // A stream falls with its session: why that fell is the reason.
  stream.once('error', (error) => fail(error.cause instanceof Error ? error.cause : error));
  stream.once('end', () => finish(judge({ http, status, words, service }, Buffer.concat(chunks))));
}

type Heard = Readonly<{ http: number; status: string | null; words: string; service: string }>;

function judge({ http, status, words, service }: Heard, body: Buffer): Seen {
  if (status === null) return bad(`HTTP ${http}, and no gRPC`);
  if (status === '12') return bad('UNIMPLEMENTED: the server has no grpc.health.v1.Health');
  if (status === '5')
    return bad(
      `NOT_FOUND: the server knows nothing of ${service === '' ? 'itself as a whole' : service}`,
    );
  if (status !== '0') return bad(`gRPC status ${status}${words === '' ? '' : `: ${words}`}`);
  const said = statusOf(body);
  if (said === serving) return { ok: true, detail: 'SERVING', answer: 'answered' };
  return bad(said === null ? 'an answer that is no HealthCheckResponse' : wordOf(said));
}

function wordOf(status: number): string {
  return statusWords[status] ?? `status ${status}`;
}

/** `HealthCheckRequest {string service = 1}`. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return name;
  return Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left]);
    bytes.push((left & 0x7f) | 0x80);
  }
}

/** One byte "not compressed", four of length. */
function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** `HealthCheckResponse {ServingStatus status = 1}`: absent means 0. null: not one. */
function statusOf(answer: Buffer): number | null {
  if (answer.length < 5 || answer[0] !== 0) return null;
  const body = answer.subarray(5, 5 + answer.readUInt32BE(1));
  if (body.length === 0) return 0;
  const value = body[1] ?? 0x80;
  return body[0] === 0x08 && value < 0x80 ? value : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).slice(0, 120);
  } catch {
    // Not percent-encoded as it should be: shown as it came.
    return text.slice(0, 120);
  }
}

function seenFromFailure(error: NodeJS.ErrnoException, address: Address): Seen {
  const { code = '' } = error;
  if (code.startsWith('ERR_HTTP2')) return bad(`no HTTP/2 (${code})`);
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || /CERT/.test(code))
    return bad(`TLS: ${code}`);
  return seenFromError(error, address);
}

function bad(detail: string): Seen {
  return { ok: false, detail, answer: 'answered' };
}
