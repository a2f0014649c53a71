/**
 * One connection to the supervisor: newline-delimited JSON over a Unix socket, requests answered by
 * number, each with its own deadline.
 */
import { createConnection, type Socket } from 'node:net';
import {
  PROTOCOL_VERSION,
  type Push,
  type RequestBody,
  type Response,
} from '@fettle/core/supervise/protocol';
import { FettleError } from '@fettle/sdk/fettle-error';

export type Connection = Readonly<{
  request(body: RequestBody, timeoutMs: number, key: string | null): Promise<unknown>;
  close(): void;
}>;

type Pending = Readonly<{
  resolve(result: unknown): void;
  reject(error: FettleError): void;
  timer: NodeJS.Timeout;
}>;

/** A line longer than this is no message of ours: a stack with 1,000 services takes 2 MB. */
const maxLineBytes = 64 * 1_048_576;
/** Requests under way; the next is refused. */
const maxPending = 10_000;

/** @throws FettleError E-DAEMON-UNREACHABLE */
export function connectSupervisor(
  path: string,
  on: Readonly<{ push(push: Push): void; close(): void }>,
  timeoutMs: number,
): Promise<Connection> {
  const opened = Promise.withResolvers<Connection>();
  const socket = createConnection(path);
  const pending = new Map<number, Pending>();
  const timer = setTimeout(() => {
    cause = `no answer in ${timeoutMs} ms`;
    socket.destroy();
  }, timeoutMs);
  let isOpen = false;
  let cause: unknown = null;
  socket.setEncoding('utf8');
  socket.once('connect', () => {
    clearTimeout(timer);
    isOpen = true;
    opened.resolve(connectionOn(socket, pending));
  });
  socket.once('error', (error) => (cause = error));
  readLines(socket, (line) => {
    const message = parse(line);
    if (message === null) socket.destroy();
    else if ('notice' in message) on.push(message);
    else settle(pending, message);
  });
  socket.once('close', () => {
    clearTimeout(timer);
    const error = unreachable(path, cause);
    for (const { reject, timer } of pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    pending.clear();
    if (isOpen) on.close();
    else opened.reject(error);
  });
  return opened.promise;
}

function connectionOn(socket: Socket, pending: Map<number, Pending>): Connection {
  let lastId = 0;
  return {
    request(body, timeoutMs, key) {
      const answer = Promise.withResolvers<unknown>();
      if (socket.destroyed || pending.size >= maxPending)
        return Promise.reject(unreachable('supervisor.sock', null));
      lastId += 1;
      const id = lastId;
      const timer = setTimeout(() => {
        pending.delete(id);
        answer.reject(
          unreachable('supervisor.sock', `no answer to ${body.kind} in ${timeoutMs} ms`),
        );
      }, timeoutMs);
      pending.set(id, { resolve: answer.resolve, reject: answer.reject, timer });
      const message = { v: PROTOCOL_VERSION, id, ...(key === null ? {} : { key }), ...body };
      socket.write(`${JSON.stringify(message)}\n`);
      return answer.promise;
    },
    close: () => socket.destroy(),
  };
}

function settle(pending: Map<number, Pending>, response: Response): void {
  const waiting = pending.get(response.re);
  if (waiting === undefined) return;
  pending.delete(response.re);
  clearTimeout(waiting.timer);
  if (response.ok) return waiting.resolve(response.result);
  const { code, message, hint } = response.error;
  waiting.reject(new FettleError(code, message, { hint, status: statusOf(code) }));
}

function statusOf(code: string): number {
  if (code.includes('UNKNOWN')) return 404;
  return code.includes('INVALID') || code.includes('PROTOCOL') ? 400 : 409;
}

function parse(line: string): Push | Response | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return null;
    return 'notice' in value || 're' in value ? (value as Push | Response) : null;
  } catch {
    return null;
  }
}

function readLines(socket: Socket, onLine: (line: string) => void): void {
  let parts: string[] = [];
  let length = 0;
  socket.on('data', (chunk: string) => {
    const lines = chunk.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const whole = parts.length === 0 ? line : parts.join('') + line;
      parts = [];
      length = 0;
      if (whole !== '') onLine(whole);
    }
    if (last === '') return;
    parts.push(last);
    length += last.length;
    if (length > maxLineBytes) socket.destroy();
  });
}

export function unreachable(path: string, cause: unknown): FettleError {
  return new FettleError('E-DAEMON-UNREACHABLE', `the supervisor does not answer on ${path}`, {
    hint: 'fettle up -d      starts the stack and its daemon',
    status: 503,
    exitCode: 4,
    ...(cause === null ? {} : { cause }),
  });
}
