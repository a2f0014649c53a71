/**
 * The supervisor's socket: newline-delimited JSON, versioned, resumable (`core/supervise/protocol`).
 *
 * A client that does not read is cut off at a bound; it takes up again by sequence number.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Notice } from '@fettle/core/supervise/effect';
import {
  PROTOCOL_VERSION,
  type HelloResult,
  type Request,
  type RequestBody,
  type Response,
  type Snapshot,
} from '@fettle/core/supervise/protocol';
import { lineCutter } from '@fettle/sdk/daemon/ndjson';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { NoticeRing } from './notice-ring.ts';
import { log } from './own-log.ts';

export type WireOptions = Readonly<{
  socketPath: string;
  ring: NoticeRing;
  snapshot: () => Snapshot;
  /** While it says yes, notices wait for each other: who hears them needs the same cores. */
  isCrowded: () => boolean;
  /** Everything but `hello`. @throws FettleError for what the client can mend. */
  answer: (body: RequestBody, key: string | undefined) => unknown;
}>;
export type WireServer = Readonly<{
  publish(notice: Notice): void;
  /** No new clients; answers that are queued still go out. */
  close(): void;
}>;

const maxClients = 256;
/** Unread bytes after which a client is cut off. */
const maxUnreadBytes = 16 * 1_048_576;

/** Notices wait no longer than this, and no more of them. */
const maxHoldMs = 250;
const maxHeld = 2_000;

type Client = { socket: Socket; name: string; greeted: boolean };

export async function listenOnWire(options: WireOptions): Promise<WireServer> {
  const clients = new Set<Client>();
  let held: string[] = [];
  let holding: NodeJS.Timeout | null = null;
  const letGo = (): void => {
    if (holding !== null) clearTimeout(holding);
    holding = null;
    const lines = held.join('');
    held = [];
    if (lines !== '') for (const client of clients) if (client.greeted) write(client, lines);
  };
  /** No answer overtakes what was told before it. */
  const orderly: WireOptions = {
    ...options,
    answer(body, key) {
      const result = options.answer(body, key);
      letGo();
      return result;
    },
  };
  const server = createServer((socket) => {
    if (clients.size >= maxClients) {
      socket.destroy();
      return;
    }
    const client: Client = { socket, name: '', greeted: false };
    clients.add(client);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clients.delete(client));
    const onLine = (line: string): void => {
      // Who is about to be greeted hears of these by the answer.
      letGo();
      takeLine(client, line, orderly);
    };
    socket.on(
      'data',
      lineCutter(onLine, () => socket.destroy()),
    );
  });
  rmSync(options.socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socketPath, resolve);
  });
  chmodSync(options.socketPath, 0o600);
  return {
    publish(notice) {
      const push = options.ring.add(notice);
      if (![...clients].some((client) => client.greeted)) return;
      held.push(`${JSON.stringify(push)}\n`);
      if (!options.isCrowded() || held.length >= maxHeld) letGo();
      else holding ??= setTimeout(letGo, maxHoldMs);
    },
    close() {
      letGo();
      server.close();
      for (const { socket } of clients) socket.end();
    },
  };
}

function takeLine(client: Client, line: string, options: WireOptions): void {
  const request = parseRequest(line);
  if (request === null) {
    client.socket.destroy();
    return;
  }
  const re = request.id;
  try {
    if (request.v > PROTOCOL_VERSION || request.v < PROTOCOL_VERSION - 1) throw versions(request.v);
    if (request.kind === 'hello') greet(client, request, options);
    else {
      const result = options.answer(request, request.key) ?? {};
      respond(client, { v: PROTOCOL_VERSION, re, ok: true, result });
    }
  } catch (error) {
    if (!(error instanceof FettleError)) throw error;
    const { code, message, hint } = error;
    respond(client, { v: PROTOCOL_VERSION, re, ok: false, error: { code, message, hint } });
  }
}

function greet(
  client: Client,
  request: Request & Readonly<{ kind: 'hello' }>,
  { ring, snapshot }: WireOptions,
): void {
  client.name = request.client;
  client.greeted = true;
  const missed = ring.after(request.epoch, request.seq);
  const result: HelloResult = {
    resumed: missed !== null,
    epoch: ring.epoch,
    seq: ring.seq(),
    snapshot: missed === null ? snapshot() : null,
  };
  respond(client, { v: PROTOCOL_VERSION, re: request.id, ok: true, result });
  for (const push of missed ?? []) write(client, `${JSON.stringify(push)}\n`);
}

function respond(client: Client, response: Response): void {
  write(client, `${JSON.stringify(response)}\n`);
}

function write(client: Client, line: string): void {
  const { socket } = client;
  if (socket.destroyed) return;
  if (socket.writableLength > maxUnreadBytes) {
    log('warn', 'client does not read, cut off', { 'client.name': client.name });
    socket.destroy();
    return;
  }
  socket.write(line);
}

function parseRequest(line: string): Request | null {
  try {
    const value = JSON.parse(line) as Partial<Request>;
    if (typeof value !== 'object' || value === null) return null;
    const { v, id, kind } = value;
    const valid = typeof v === 'number' && typeof id === 'number' && typeof kind === 'string';
    return valid ? (value as Request) : null;
  } catch {
    return null;
  }
}

function versions(version: number): FettleError {
  const message = `the daemon speaks protocol ${PROTOCOL_VERSION}, the client ${version}`;
  return new FettleError('E-PROTOCOL-VERSION', message, {
    hint: 'Use the same release for both: run "fettle down", then "fettle up -d".',
  });
}
