/** HTTP by `fetch`: the browser's way, and the way to a daemon elsewhere. Imports nothing of Node. */
import type { HttpRequest, HttpStream, Transport } from '../transport.ts';
import { timedOut, unreachable } from './unreachable.ts';

export type FetchOptions = Readonly<{
  /** Scheme and authority without a path; '' means the page's own origin. */
  baseUrl: string;
  /** Sent as a bearer token; null: none. */
  token: string | null;
}>;

export function fetchTransport(options: FetchOptions): Transport {
  const target = options.baseUrl === '' ? 'this page’s server' : options.baseUrl;
  return {
    target,
    async send(request) {
      const deadline = AbortSignal.timeout(request.timeoutMs);
      try {
        const answer = await ask(options, request, deadline);
        return { ...headOf(answer), text: await answer.text() };
      } catch (cause) {
        throw translate(cause, { target, request, deadline });
      }
    },
    async open(request) {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), request.timeoutMs);
      try {
        return streamOf(await ask(options, request, deadline.signal));
      } catch (cause) {
        throw translate(cause, { target, request, deadline: deadline.signal });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function ask(
  options: FetchOptions,
  request: HttpRequest,
  deadline: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { ...request.headers };
  if (options.token !== null) headers['authorization'] = `Bearer ${options.token}`;
  return fetch(`${options.baseUrl}${request.path}`, {
    method: request.method,
    headers,
    body: request.body,
    signal: request.abort === null ? deadline : AbortSignal.any([deadline, request.abort]),
    cache: 'no-store',
  });
}

function headOf(answer: Response): { status: number; contentType: string } {
  return { status: answer.status, contentType: answer.headers.get('content-type') ?? '' };
}

function streamOf(answer: Response): HttpStream {
  return { ...headOf(answer), chunks: textOf(answer) };
}

/** Safari cannot iterate a ReadableStream with `for await`, so the reader is used by hand. */
async function* textOf(answer: Response): AsyncGenerator<string> {
  if (answer.body === null) return;
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function translate(
  cause: unknown,
  at: Readonly<{ target: string; request: HttpRequest; deadline: AbortSignal }>,
): unknown {
  if (at.request.abort?.aborted === true) return cause;
  if (at.deadline.aborted) return timedOut(at.target, at.request.path, at.request.timeoutMs);
  return unreachable(at.target, cause);
}
