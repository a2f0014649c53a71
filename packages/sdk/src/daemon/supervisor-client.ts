/**
 * Client of the supervisor's socket, for the controller and the CLI.
 *
 * Speaks the protocol of `core/supervise/protocol.ts` without knowing its words (the sdk stands
 * below core): bodies and results are plain data that the caller types. A lost connection is taken
 * up again where it broke off, by epoch and sequence number.
 */
import { randomUUID } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { backoffMs, jitteredMs } from '../backoff.ts';
import { FettleError } from '../fettle-error.ts';
import { lineCutter } from './ndjson.ts';

/** One notice; `notice` is core's `Notice`. */
export type PushedNotice = Readonly<{
  epoch: string;
  seq: number;
  atMs: number;
  notice: unknown;
}>;
export type ResumePoint = Readonly<{ epoch: string; seq: number }>;

export type SupervisorClientOptions = Readonly<{
  /** Asked before each attempt: a new daemon may listen elsewhere (`livePaths`). */
  socketPath: () => string;
  /** Says who calls: `controller`, `fettle up`. */
  client: string;
  /** Time allowed for one connection attempt with its `hello`; 5 s unless told. */
  connectTimeoutMs?: number;
  /** Default deadline of a request; 5 s unless told. */
  requestTimeoutMs?: number;
  /** true: connect again, with back-off up to 1 s, until `close`. */
  reconnect?: boolean;
  /** Where an earlier connection left off. */
  resume?: ResumePoint;
  onPush?: (push: PushedNotice) => void;
  /** Whole truth (core's `Snapshot`), after a connect that could not resume. */
  onSnapshot?: (snapshot: unknown) => void;
  onConnected?: () => void;
  onDisconnected?: () => void;
}>;

export type RequestOptions = Readonly<{
  /** Idempotency key; a fresh one unless told, so that a repeat after a broken line acts once. */
  key?: string;
  timeoutMs?: number;
}>;

export type SupervisorClient = Readonly<{
  connected(): boolean;
  /** Last notice seen; null before the first hello was answered. */
  position(): ResumePoint | null;
  /** @throws FettleError E-DAEMON-UNREACHABLE at the deadline, or what the supervisor answered. */
  request(
    body: Readonly<{ kind: string }> & Readonly<Record<string, unknown>>,
    options?: RequestOptions,
  ): Promise<unknown>;
  close(): void;
}>;

const protocolVersion = 1;
const defaultTimeoutMs = 5_000;
const retryBackoff = { baseMs: 20, maxMs: 1_000 };
/** Requests that wait for an answer; more means that the caller does not wait at all. */
const maxPending = 10_000;

type Pending = Readonly<{
  line: string;
  deadline: NodeJS.Timeout;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}>;

type Wire = {
  socket: Socket | null;
  /** `hello` was answered. */
  ready: boolean;
  closed: boolean;
  attempt: number;
  nextId: number;
  position: ResumePoint | null;
  retry: NodeJS.Timeout | null;
  pending: Map<number, Pending>;
};

/** Connects once and returns; @throws FettleError E-DAEMON-UNREACHABLE when nobody answers. */
export async function connectSupervisor(
  options: SupervisorClientOptions,
): Promise<SupervisorClient> {
  const wire = newWire(options);
  await connectOnce(wire, options);
  return clientOf(wire, options);
}

/** Returns at once and keeps trying: for a controller that may be up before its supervisor. */
export function followSupervisor(options: SupervisorClientOptions): SupervisorClient {
  const wire = newWire(options);
  const following = { ...options, reconnect: true };
  connectOnce(wire, following).catch(() => retryLater(wire, following));
  return clientOf(wire, following);
}

function newWire(options: SupervisorClientOptions): Wire {
  return {
    socket: null,
    ready: false,
    closed: false,
    attempt: 0,
    nextId: 1,
    position: options.resume ?? null,
    retry: null,
    pending: new Map(),
  };
}

function clientOf(wire: Wire, options: SupervisorClientOptions): SupervisorClient {
  return {
    connected: () => wire.ready,
    position: () => wire.position,
    request: (body, request = {}) => {
      if (wire.closed) return Promise.reject(unreachable('the connection was closed'));
      if (!wire.ready && options.reconnect !== true)
        return Promise.reject(unreachable('the connection broke off'));
      const timeoutMs = request.timeoutMs ?? options.requestTimeoutMs ?? defaultTimeoutMs;
      const key = request.key ?? randomUUID();
      return send(wire, { ...body, key }, timeoutMs);
    },
    close: () => {
      wire.closed = true;
      if (wire.retry !== null) clearTimeout(wire.retry);
      wire.socket?.destroy();
      failPending(wire, unreachable('the connection was closed'));
    },
  };
}

function send(wire: Wire, body: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
  if (wire.pending.size >= maxPending)
    return Promise.reject(unreachable(`${maxPending} requests wait for an answer`));
  const id = wire.nextId++;
  const line = `${JSON.stringify({ v: protocolVersion, id, ...body })}\n`;
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      wire.pending.delete(id);
      reject(unreachable(`no answer to "${String(body['kind'])}" in ${timeoutMs} ms`));
    }, timeoutMs);
    wire.pending.set(id, { line, deadline, resolve, reject });
    if (wire.ready) wire.socket?.write(line);
  });
}

function connectOnce(wire: Wire, options: SupervisorClientOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = options.socketPath();
    const socket = createConnection(path);
    const timeoutMs = options.connectTimeoutMs ?? defaultTimeoutMs;
    let cause: unknown = null;
    const deadline = setTimeout(() => socket.destroy(), timeoutMs);
    wire.socket = socket;
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      clearTimeout(deadline);
      const wasReady = wire.ready;
      wire.ready = false;
      if (wasReady) lost(wire, options);
      else reject(unreachable(`nobody answers on ${path}`, cause));
    });
    const greeted = (result: unknown): void => {
      clearTimeout(deadline);
      becomeReady(wire, options, result);
      resolve();
    };
    socket.on('connect', () => socket.write(helloLine(wire, options)));
    socket.on(
      'data',
      lineCutter(
        (line) => take(wire, options, line, greeted),
        () => socket.destroy(),
      ),
    );
  });
}

/** The id of `hello`; requests count from 1. */
const helloId = 0;

function helloLine(wire: Wire, options: SupervisorClientOptions): string {
  const { epoch, seq } = wire.position ?? { epoch: null, seq: 0 };
  const hello = { kind: 'hello', client: options.client, epoch, seq };
  return `${JSON.stringify({ v: protocolVersion, id: helloId, ...hello })}\n`;
}

function becomeReady(wire: Wire, options: SupervisorClientOptions, result: unknown): void {
  const hello = result as { epoch: string; seq: number; snapshot: unknown };
  wire.ready = true;
  wire.attempt = 0;
  if (hello.snapshot !== null) {
    wire.position = { epoch: hello.epoch, seq: hello.seq };
    options.onSnapshot?.(hello.snapshot);
  }
  options.onConnected?.();
  for (const pending of wire.pending.values()) wire.socket?.write(pending.line);
}

type Answer = { re: number; ok: boolean; result: unknown; error: AnswerError };
type AnswerError = { code: string; message: string; hint: string };

function take(
  wire: Wire,
  options: SupervisorClientOptions,
  line: string,
  greeted: (result: unknown) => void,
): void {
  const message = JSON.parse(line) as Partial<Answer> & Partial<PushedNotice>;
  if (message.re === undefined) {
    const push = message as PushedNotice;
    wire.position = { epoch: push.epoch, seq: push.seq };
    options.onPush?.(push);
    return;
  }
  const answer = message as Answer;
  if (answer.re === helloId) {
    if (answer.ok) greeted(answer.result);
    else wire.socket?.destroy(answeredError(answer.error));
    return;
  }
  const pending = wire.pending.get(answer.re);
  if (pending === undefined) return;
  wire.pending.delete(answer.re);
  clearTimeout(pending.deadline);
  if (answer.ok) pending.resolve(answer.result);
  else pending.reject(answeredError(answer.error));
}

function lost(wire: Wire, options: SupervisorClientOptions): void {
  options.onDisconnected?.();
  if (wire.closed) return;
  if (options.reconnect === true) retryLater(wire, options);
  else failPending(wire, unreachable('the connection broke off'));
}

function retryLater(wire: Wire, options: SupervisorClientOptions): void {
  if (wire.closed) return;
  const waitMs = jitteredMs(backoffMs(retryBackoff, wire.attempt++), Math.random());
  wire.retry = setTimeout(() => {
    connectOnce(wire, options).catch(() => retryLater(wire, options));
  }, waitMs);
}

function failPending(wire: Wire, error: FettleError): void {
  for (const pending of wire.pending.values()) {
    clearTimeout(pending.deadline);
    pending.reject(error);
  }
  wire.pending.clear();
}

function answeredError(error: AnswerError): FettleError {
  return new FettleError(error.code, error.message, { hint: error.hint });
}

function unreachable(what: string, cause?: unknown): FettleError {
  return new FettleError('E-DAEMON-UNREACHABLE', `the daemon does not answer: ${what}`, {
    hint: 'Start it with "fettle up -d"; its own log is .fettle/supervisor.out.',
    status: 503,
    exitCode: 4,
    ...(cause === undefined || cause === null ? {} : { cause }),
  });
}
