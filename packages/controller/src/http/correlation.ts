/** Echoes what callers use to find their request again. Sources: W3C Trace Context, X-Request-ID. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

const id = /^[\w.:/+=-]{1,128}$/;
const traceparent = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's id when it is harmless, else one of ours. */
export function requestIdOf(request: IncomingMessage): string {
  const own = request.headers['x-request-id'];
  return typeof own === 'string' && id.test(own) ? own : randomUUID();
}

export function echoCorrelation(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  const correlation = request.headers['x-correlation-id'];
  if (typeof correlation === 'string' && id.test(correlation))
    reply.header('x-correlation-id', correlation);
  const trace = request.headers.traceparent;
  if (typeof trace === 'string' && traceparent.test(trace)) reply.header('traceparent', trace);
}
