/**
 * `Idempotency-Key`: a command repeated with the same key acts once and gets the same answer.
 *
 * Source: IETF draft "The Idempotency-Key HTTP Header Field". Only good answers are
 * kept, for a day: what failed did nothing. The same key with another request is refused.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ApiParts } from './api-parts.ts';
import type { SavedAnswer } from '../store.ts';
import { problemType } from './problem.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

const maxKeyLength = 255;

export function withIdempotency(parts: ApiParts, handle: Handler): Handler {
  const running = new Set<string>();
  return async (request, reply) => {
    const key = idempotencyKey(request);
    if (key === null) return handle(request, reply);
    const fingerprint = fingerprintOf(request);
    const before = parts.store.answer(key);
    if (before !== null) return replay(reply, before, fingerprint);
    if (running.has(key)) throw refused(409, 'a request with this key is under way');
    running.add(key);
    try {
      const body = await handle(request, reply);
      remember(parts, key, { fingerprint, status: reply.statusCode, body: JSON.stringify(body) });
      return body;
    } finally {
      running.delete(key);
    }
  };
}

/** null: none was sent. @throws FettleError E-API-IDEMPOTENCY */
export function idempotencyKey(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  if (typeof header !== 'string' || header === '' || header.length > maxKeyLength)
    throw refused(400, `an Idempotency-Key has 1 to ${maxKeyLength} characters`);
  return header;
}

/** The command was taken already: a full disk must not turn that into an error. */
function remember(parts: ApiParts, key: string, answer: SavedAnswer): void {
  try {
    parts.store.saveAnswer(key, answer, parts.nowMs());
  } catch {
    // The journal met the same trouble, and health tells of it.
  }
}

function replay(
  reply: FastifyReply,
  before: Readonly<{ fingerprint: string; status: number; body: string }>,
  fingerprint: string,
): FastifyReply {
  if (before.fingerprint !== fingerprint)
    throw refused(422, 'this key was used for another request');
  const type = before.status >= 400 ? problemType : 'application/json; charset=utf-8';
  return reply
    .code(before.status)
    .header('idempotency-replayed', 'true')
    .type(type)
    .send(before.body);
}

function fingerprintOf(request: FastifyRequest): string {
  const body = JSON.stringify(request.body ?? null);
  return createHash('sha256').update(`${request.method} ${request.url}\n${body}`).digest('hex');
}

function refused(status: number, message: string): FettleError {
  return new FettleError('E-API-IDEMPOTENCY', message, {
    hint: 'use a fresh key, for example a UUID, for each new command',
    status,
  });
}
