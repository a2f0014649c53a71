/**
 * One connection, one conversation, one deadline: what the checks of Redis and PostgreSQL share.
 *
 * The conversation is written as a straight line that reads and writes; whatever ends it early (the
 * other side hangs up, the clock strikes, the bytes make no sense) comes out as what was seen.
 */
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsWish } from '@fettle/core/stack/health-check';
import { formatDuration } from '@fettle/sdk/duration';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import type { Address, Seen } from './probe.ts';
import { tlsOptions } from './tls-options.ts';

export type Line = Readonly<{
  write(bytes: Buffer | string): void;
  /** The next `count` bytes. */
  read(count: number): Promise<Buffer>;
  /** The next line without its CRLF; at most 4 kB. */
  readLine(): Promise<string>;
  /** The same conversation behind TLS from here on. */
  secure(tls: TlsWish): Promise<Line>;
}>;

/** What a conversation says when the other side ends it or talks nonsense. */
export class Broken {
  readonly detail: string;
  constructor(detail: string) {
    this.detail = detail;
  }
}

const maxLineBytes = 4_096;
const maxKeptBytes = 1_048_576;

/** `protocol` as people call it: `no answer to PING in 2s` needs to know what was asked. */
export function converse(
  address: Address,
  timeoutMs: number,
  asked: string,
  talk: (line: Line) => Promise<Seen>,
): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const socket = connect({ ...address, autoSelectFamily: true });
  const streams: Duplex[] = [socket];
  let connected = false;
  const finish = (seen: Seen): void => {
    deadline.clear();
    resolve(seen);
    for (const stream of streams) stream.destroy();
  };
  const deadline = startDeadline(timeoutMs, () => {
    const what = connected ? `no answer to ${asked}` : 'no connection';
    finish({ ok: false, detail: `${what} in ${formatDuration(timeoutMs)}`, answer: 'silent' });
  });
  socket.on('error', (error) => finish(seenFromError(error, address)));
  socket.once('connect', () => {
    connected = true;
    talk(openLine(socket, address, streams)).then(finish, (error: unknown) =>
      finish(seenFromTrouble(error, address)),
    );
  });
  return promise;
}

function seenFromTrouble(error: unknown, address: Address): Seen {
  if (error instanceof Broken) return { ok: false, detail: error.detail, answer: 'answered' };
  if (error instanceof Error) return seenFromError(error, address);
  return { ok: false, detail: String(error), answer: 'answered' };
}

type Waiting = Readonly<{
  take: (bytes: Buffer) => number | null;
  resolve: (bytes: Buffer) => void;
  reject: (error: unknown) => void;
}>;

function openLine(stream: Duplex, address: Address, streams: Duplex[]): Line {
  let bytes = Buffer.alloc(0);
  let waiting: Waiting | null = null;
  let trouble: unknown = null;
  const serve = (): void => {
    if (waiting === null) return;
    const { take, resolve, reject } = waiting;
    const count = take(bytes);
    if (count === null && trouble === null) return;
    waiting = null;
    if (count === null) return reject(trouble);
    const taken = bytes.subarray(0, count);
    bytes = bytes.subarray(count);
    resolve(taken);
  };
  const fail = (error: unknown): void => {
    trouble ??= error;
    serve();
  };
  const hear = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length > maxKeptBytes) fail(new Broken('an answer over 1 MB'));
    serve();
  };
  stream.on('data', hear);
  stream.once('end', () => fail(new Broken('the server hung up')));
  stream.once('close', () => fail(new Broken('the server hung up')));
  stream.on('error', fail);
  const wait = (take: Waiting['take']): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      waiting = { take, resolve, reject };
      serve();
    });
  return {
    write: (data) => void stream.write(data),
    read: (count) => wait((held) => (held.length >= count ? count : null)),
    async readLine() {
      const line = await wait((held) => lineEnd(held));
      const text = line.toString('utf8').replace(/\r?\n$/, '');
      if (text.length >= maxLineBytes) throw new Broken('a line over 4 kB');
      return text;
    },
    async secure(tls) {
      stream.removeListener('data', hear);
      return openLine(await secured(stream, address, tls, streams), address, streams);
    },
  };
}

function lineEnd(held: Buffer): number | null {
  const end = held.indexOf(0x0a);
  if (end >= 0) return end + 1;
  return held.length >= maxLineBytes ? held.length : null;
}

async function secured(
  stream: Duplex,
  { host }: Address,
  tls: TlsWish,
  streams: Duplex[],
): Promise<Duplex> {
  const { connect: connectTls } = await import('node:tls');
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const name = tls.serverName ?? (isIP(host) === 0 ? host : null);
  const secure = connectTls({ socket: stream, ...tlsOptions(tls), ...named(name) });
  streams.push(secure);
  secure.once('secureConnect', () => resolve(secure));
  secure.once('error', (error: NodeJS.ErrnoException) =>
    reject(new Broken(`TLS: ${error.code ?? error.message}`)),
  );
  return promise;
}

function named(name: string | null): Readonly<{ servername?: string }> {
  return name === null ? {} : { servername: name };
}
