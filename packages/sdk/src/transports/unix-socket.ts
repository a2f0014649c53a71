/**
 * HTTP over the controller's Unix socket, for the CLI: no port to find, no token, the folder's mode
 * is the guard.
 */
import type { IncomingMessage } from 'node:http';
import { nodeHttp } from '../builtin.ts';
import type { HttpAnswer, HttpRequest, HttpStream, Transport } from '../transport.ts';
import { timedOut, unreachable } from './unreachable.ts';

/** An answer larger than this is a mistake of ours; reading it would only hide that. */
const maxAnswerChars = 256 * 1024 * 1024;

/** `socket`: its path, or what looks it up before each request (a new daemon may be elsewhere). */
export function unixSocketTransport(socket: string | (() => string)): Transport {
  const pathNow = typeof socket === 'string' ? () => socket : socket;
  return {
    get target() {
      return pathNow();
    },
    async send(request) {
      const socketPath = pathNow();
      // One deadline over connect, headers and body together.
      const deadline = AbortSignal.timeout(request.timeoutMs);
      try {
        const message = await head(socketPath, request, deadline);
        return await wholeAnswer(message);
      } catch (cause) {
        throw translate(cause, { socketPath, request, deadline });
      }
    },
    async open(request) {
      const socketPath = pathNow();
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), request.timeoutMs);
      try {
        const message = await head(socketPath, request, deadline.signal);
        return streamOf(message);
      } catch (cause) {
        throw translate(cause, { socketPath, request, deadline: deadline.signal });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function head(
  socketPath: string,
  request: HttpRequest,
  deadline: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = request.abort === null ? deadline : AbortSignal.any([deadline, request.abort]);
  const outgoing = nodeHttp().request({
    socketPath,
    path: request.path,
    method: request.method,
    headers: {
      host: 'localhost',
      ...request.headers,
      ...(request.body === null ? {} : { 'content-length': Buffer.byteLength(request.body) }),
    },
    signal,
    agent: false,
  });
  outgoing.once('response', resolve);
  // Stays attached: an abort after the headers is told here, too, and must not go unhandled.
  outgoing.on('error', reject);
  outgoing.end(request.body ?? undefined);
  return promise;
}

async function wholeAnswer(message: IncomingMessage): Promise<HttpAnswer> {
  message.setEncoding('utf8');
  const parts: string[] = [];
  let chars = 0;
  for await (const part of message) {
    parts.push(String(part));
    chars += String(part).length;
    if (chars > maxAnswerChars) message.destroy();
  }
  return { ...headOf(message), text: parts.join('') };
}

function streamOf(message: IncomingMessage): HttpStream {
  message.setEncoding('utf8');
  return { ...headOf(message), chunks: message as AsyncIterable<string> };
}

function headOf(message: IncomingMessage): { status: number; contentType: string } {
  return {
    status: message.statusCode ?? 0,
    contentType: String(message.headers['content-type'] ?? ''),
  };
}

function translate(
  cause: unknown,
  at: Readonly<{ socketPath: string; request: HttpRequest; deadline: AbortSignal }>,
): unknown {
  if (at.request.abort?.aborted === true) return cause;
  if (at.deadline.aborted) return timedOut(at.socketPath, at.request.path, at.request.timeoutMs);
  return unreachable(at.socketPath, cause);
}
