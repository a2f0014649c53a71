/**
 * Connects once to an address and says what came of it: refused, silence, a reset; and, once
 * connected, whether somebody is there to talk.
 *
 * Where the protocol is not known the kernel still tells: a connection that the server has not
 * accepted belongs to no process yet (inode 0), so a stopped or blocked server shows without a
 * word being sent. A server that speaks first is heard.
 */
import { connect, type Socket } from 'node:net';
import type { EndpointExam } from '@fettle/core/loop/collect/exam';
import { readTcpTable } from '@fettle/proc/tcp-table';
import { questionOf, tongueOf, type Protocol } from './ask-protocol.ts';

export type Dialed = Pick<EndpointExam, 'tcp' | 'connectMs' | 'answers' | 'answerMs' | 'speaks'>;
export type DialOptions = Readonly<{
  host: string;
  port: number;
  protocol: Protocol | null;
  /** Path of its health check; null: none is known. */
  path: string | null;
  connectTimeoutMs: number;
  answerTimeoutMs: number;
  /** Where the protocol is not known: how long it is given to accept; 0: it is not looked at. */
  acceptTimeoutMs?: number;
}>;

/** A server under load accepts late; one that stands still never does. */
const acceptMs = 600;

export async function dial(options: DialOptions): Promise<Dialed> {
  const { host, port, connectTimeoutMs } = options;
  const beganMs = performance.now();
  const socket = connect({ host, port, autoSelectFamily: true });
  try {
    const tcp = await connected(socket, connectTimeoutMs);
    if (tcp !== 'ok') return { tcp, connectMs: null, answers: null };
    const connectMs = passedMs(beganMs);
    const askedMs = performance.now();
    const heard = await answers(socket, options);
    if (!Buffer.isBuffer(heard)) return { tcp, connectMs, answers: heard, answerMs: null };
    return { tcp, connectMs, answers: true, answerMs: passedMs(askedMs), speaks: tongueOf(heard) };
  } finally {
    // A farewell, never a reset: a server without an error handler would die of it.
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** To a tenth of a millisecond. */
function passedMs(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) * 10) / 10;
}

function connected(socket: Socket, timeoutMs: number): Promise<Dialed['tcp']> {
  const { promise, resolve } = Promise.withResolvers<Dialed['tcp']>();
  const timer = setTimeout(() => resolve('timeout'), timeoutMs);
  socket.once('connect', () => resolve('ok'));
  socket.once('error', (error) => resolve(failureOf(error)));
  return promise.finally(() => clearTimeout(timer));
}

function failureOf(error: NodeJS.ErrnoException): Dialed['tcp'] {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  switch ((inner as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}

/** The first bytes that it said; false: silence; null: it hung up, or was asked nothing. */
async function answers(socket: Socket, options: DialOptions): Promise<Buffer | false | null> {
  const { protocol, host, port, path, answerTimeoutMs, acceptTimeoutMs = acceptMs } = options;
  if (protocol === null && acceptTimeoutMs === 0) return null;
  const { promise, resolve } = Promise.withResolvers<Buffer | false | null>();
  socket.once('data', resolve);
  // Hung up without a word: the connection was taken, which is no answer and no silence.
  socket.once('end', () => resolve(null));
  socket.once('error', () => resolve(null));
  if (protocol !== null) socket.write(questionOf(protocol, `${host}:${port}`, path));
  const waitMs = protocol === null ? acceptTimeoutMs : answerTimeoutMs;
  const timer = setTimeout(() => resolve(protocol === null ? accepted(socket) : false), waitMs);
  return promise.finally(() => clearTimeout(timer));
}

/** null: taken by a process of this machine, or not to be seen from here. */
function accepted({ localPort, remotePort }: Socket): false | null {
  const theirs = readTcpTable()?.find(
    (one) => one.localPort === remotePort && one.remotePort === localPort,
  );
  return theirs?.state === 'established' && theirs.inode === 0 ? false : null;
}
