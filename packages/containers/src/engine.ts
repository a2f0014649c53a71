/**
 * The Docker Engine API over its Unix socket. Paths carry no version: the engine then speaks its
 * own newest one, and all that is asked here has been the same since 20.10.
 */
import { Pool, type Dispatcher } from 'undici';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The engine refused, or does not answer (`status` 0). */
export class EngineFault extends Error {
  readonly status: number;
  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.status = status;
  }
}

export type Ask = Readonly<{
  query?: Query;
  body?: unknown;
  /** Sent as it is. */
  raw?: Readonly<{ type: string; body: Dispatcher.DispatchOptions['body'] }>;
  signal?: AbortSignal;
  /** Until the whole answer is there; 0: no bound of ours (`signal` is one). */
  timeoutMs?: number;
}>;

export type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD';

export type Engine = Readonly<{
  socketPath: string;
  /** The answer's JSON; null when it has none. @throws EngineFault */
  ask<Answer>(method: Method, path: string, ask?: Ask): Promise<Answer>;
  /** The answer as it comes in. @throws EngineFault */
  stream(method: Method, path: string, ask?: Ask): Promise<AsyncIterable<Buffer>>;
  close(): void;
}>;

const defaultTimeoutMs = 20_000;
/** An answer beyond this is none of ours: a list of a thousand containers takes 2 MB. */
const maxAnswerBytes = 64 * 1_048_576;

export function openEngine(socketPath: string): Engine {
  const pool = new Pool('http://engine', {
    connect: { socketPath, timeout: 5_000 },
    // Each followed log holds one.
    connections: null,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 10_000,
  });
  const send = (method: Method, path: string, { query, body, raw, signal }: Ask) =>
    pool
      .request({
        method,
        path: path + searchOf(query ?? {}),
        ...(signal === undefined ? {} : { signal }),
        ...bodyOf(body, raw),
      })
      .catch((cause: unknown) => {
        const words = cause instanceof Error ? cause.message : String(cause);
        throw new EngineFault(0, `the engine at ${socketPath} does not answer: ${words}`, cause);
      });
  return {
    socketPath,
    async ask<Answer>(method: Method, path: string, ask: Ask = {}): Promise<Answer> {
      const limitMs = ask.timeoutMs ?? defaultTimeoutMs;
      const signal = withLimit(ask.signal, limitMs);
      const answer = await send(method, path, signal === undefined ? ask : { ...ask, signal });
      const text = await textOf(answer);
      if (answer.statusCode >= 400) throw faultOf(answer.statusCode, text);
      return (text.trim() === '' ? null : JSON.parse(text)) as Answer;
    },
    async stream(method, path, ask = {}) {
      const answer = await send(method, path, ask);
      if (answer.statusCode >= 400) throw faultOf(answer.statusCode, await textOf(answer));
      return answer.body;
    },
    close: () => void pool.destroy(),
  };
}

async function textOf({ body }: Dispatcher.ResponseData): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body) {
      const chunk = part as Buffer;
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) throw new EngineFault(0, 'the answer has no end');
      parts.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof EngineFault) throw cause;
    throw new EngineFault(0, 'the engine broke off its answer', cause);
  }
  return Buffer.concat(parts).toString('utf8');
}

function withLimit(signal: AbortSignal | undefined, limitMs: number): AbortSignal | undefined {
  if (limitMs === 0) return signal;
  const limit = AbortSignal.timeout(limitMs);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

function bodyOf(body: unknown, raw: Ask['raw']) {
  if (raw !== undefined)
    return { body: raw.body ?? null, headers: { 'content-type': raw.type } } as const;
  if (body === undefined) return {};
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } as const;
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function faultOf(status: number, text: string): EngineFault {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return new EngineFault(status, message);
  } catch {
    // Not JSON: its own words.
  }
  return new EngineFault(status, text.trim().slice(0, 500) || `status ${status}`);
}
