/**
 * Streams that outlive their connection: a controller may be restarted at any moment, so they
 * resume where they stopped, with back-off, until aborted or away for longer than allowed.
 *
 * Events resume by `Last-Event-ID`. Log lines are in `log-stream.ts`.
 */
import type { StackEvent } from './api/documents.ts';
import { backoffMs, jitteredMs } from './backoff.ts';
import { FettleError } from './fettle-error.ts';
import { errorOfAnswer } from './problem-error.ts';
import type { Transport } from './transport.ts';
import { readEvents } from './transports/event-stream.ts';

export type LiveOptions = Readonly<{
  abort: AbortSignal;
  /** Away for longer than this ends with the error; 60,000 unless told. */
  giveUpMs?: number;
  /** Without any byte (heartbeats included) for so long a connection counts as lost; 25,000. */
  silenceMs?: number;
  /** Told once per loss and once per return. */
  onConnection?: (connected: boolean, error: FettleError | null) => void;
}>;

type Given = { lastId: string | null };

const reconnect = { baseMs: 100, maxMs: 2_000 };
const headersMs = 10_000;

export async function* liveEvents(
  transport: Transport,
  after: number | null,
  live: LiveOptions,
): AsyncGenerator<StackEvent> {
  let last = after;
  const path = (): string => `/api/v1/stream${last === null ? '' : `?after=${last}`}`;
  for await (const data of messages(transport, path, live)) {
    if (!isEvent(data) || (last !== null && data.seq <= last)) continue;
    last = data.seq;
    yield data;
  }
}

/** JSON payloads over as many connections as it takes. */
function messages(
  transport: Transport,
  path: () => string,
  live: LiveOptions,
): AsyncGenerator<unknown> {
  const given: Given = { lastId: null };
  return reconnected(() => oneConnection(transport, path(), given, live), live, true);
}

async function* oneConnection(
  transport: Transport,
  path: string,
  given: Given,
  live: LiveOptions,
): AsyncGenerator<unknown> {
  const resume = given.lastId === null ? {} : { 'last-event-id': given.lastId };
  const headers = { accept: 'text/event-stream', ...resume };
  for await (const message of readEvents(openChunks(transport, path, headers, live))) {
    if (message === null) yield null;
    else {
      given.lastId = message.id ?? given.lastId;
      yield parsed(message.data);
    }
  }
}

/** What was told inside a stream: asking again would only end the same way. */
const finalErrors = new WeakSet<FettleError>();

export function finalError(error: FettleError): FettleError {
  finalErrors.add(error);
  return error;
}

/**
 * The items of one connection after the other. `connect` resumes where the last one stopped; null
 * is a sign of life. `endless`: a connection that ends in good order was lost all the same.
 */
export async function* reconnected<Item>(
  connect: () => AsyncIterable<Item | null>,
  live: LiveOptions,
  endless: boolean,
): AsyncGenerator<Item> {
  let attempt = 0;
  let awaySinceMs: number | null = null;
  while (!live.abort.aborted) {
    try {
      for await (const item of connect()) {
        if (awaySinceMs !== null) live.onConnection?.(true, null);
        awaySinceMs = null;
        attempt = 0;
        if (item !== null) yield item;
      }
      if (!endless) return;
    } catch (cause) {
      if (live.abort.aborted) return;
      if (!(cause instanceof FettleError) || finalErrors.has(cause)) throw cause;
      if (cause.status < 500 && cause.status !== 429) throw cause;
      if (awaySinceMs === null) live.onConnection?.(false, cause);
      awaySinceMs ??= performance.now();
      if (performance.now() - awaySinceMs > (live.giveUpMs ?? 60_000)) throw cause;
    }
    await pause(jitteredMs(backoffMs(reconnect, attempt++), Math.random()), live.abort);
  }
}

/** The text of one answer; the first chunk is empty and says that the headers are there. */
export async function* openChunks(
  transport: Transport,
  path: string,
  headers: Readonly<Record<string, string>>,
  live: LiveOptions,
): AsyncGenerator<string> {
  const ended = new AbortController();
  const abort = AbortSignal.any([live.abort, ended.signal]);
  try {
    const request = { method: 'GET', path, headers, body: null, timeoutMs: headersMs } as const;
    const stream = await transport.open({ ...request, abort });
    if (stream.status >= 400) throw await refusal(stream, transport.target);
    yield '';
    yield* withSilenceLimit(stream.chunks, live.silenceMs ?? 25_000, transport.target);
  } catch (cause) {
    throw cause instanceof FettleError ? cause : lost(transport.target, cause);
  } finally {
    ended.abort();
  }
}

async function refusal(
  stream: Readonly<{ status: number; contentType: string; chunks: AsyncIterable<string> }>,
  target: string,
): Promise<FettleError> {
  let text = '';
  for await (const chunk of stream.chunks) {
    text += chunk;
    if (text.length > 65_536) break;
  }
  return errorOfAnswer({ status: stream.status, contentType: stream.contentType, text }, target);
}

async function* withSilenceLimit(
  chunks: AsyncIterable<string>,
  silenceMs: number,
  target: string,
): AsyncGenerator<string> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const silence = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => silence.reject(lost(target, `nothing for ${silenceMs / 1_000} s`)),
        silenceMs,
      );
      try {
        const step = await Promise.race([iterator.next(), silence.promise]);
        if (step.done === true) return;
        yield step.value;
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    // Not awaited: a generator that waits for bytes would keep us until they come.
    void iterator.return?.().catch(() => undefined);
  }
}

function lost(target: string, cause: unknown): FettleError {
  return new FettleError('E-DAEMON-UNREACHABLE', `the connection to ${target} was lost`, {
    hint: 'fettle up -d      starts the stack and its daemon',
    cause,
    status: 503,
    exitCode: 4,
  });
}

function pause(waitMs: number, abort: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    clearTimeout(timer);
    abort.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, waitMs);
  abort.addEventListener('abort', done);
  if (abort.aborted) done();
  return promise;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is StackEvent {
  return typeof value === 'object' && value !== null && 'seq' in value && 'kind' in value;
}
