/** What requests may hold, shared by the resources: names, times, limits. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Service, Stack } from '@fettle/core/stack/service';
import { parseDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ApiParts } from './api-parts.ts';

export const nameParams = z.object({
  name: z.string().min(1).max(128).meta({ description: 'Name of a service' }),
});
export const sinceField = z
  .string()
  .max(40)
  .optional()
  .meta({ description: 'RFC 3339 time, or a duration back from now: 1h' });

/** Epoch ms; null when absent. @throws FettleError E-API-INPUT */
export function timeOf(text: string | undefined, field: string, nowMs: number): number | null {
  if (text === undefined || text === '') return null;
  const durationMs = parseDuration(text);
  if (durationMs !== null) return nowMs - durationMs;
  const atMs = Date.parse(text);
  if (!Number.isNaN(atMs)) return atMs;
  throw new FettleError('E-API-INPUT', `${field}: ${text} is neither a time nor a duration`, {
    hint: 'write 15m, 1h, 7d or 2026-01-31T12:00:00Z',
  });
}

/** @throws FettleError E-SERVICE-UNKNOWN */
export function serviceOf(parts: ApiParts, name: string): Service {
  const stack = stackOf(parts);
  const service = stack.services.find((one) => one.name === name);
  if (service !== undefined) return service;
  const names = stack.services.map((one) => one.name);
  const near = nearest(name, names);
  throw new FettleError('E-SERVICE-UNKNOWN', `there is no service ${name}`, {
    hint: near === null ? `services: ${names.slice(0, 20).join(', ')}` : `did you mean ${near}?`,
    status: 404,
    exitCode: 2,
  });
}

/** @throws FettleError E-STACK-NONE */
export function stackOf({ link }: ApiParts): Stack {
  const stack = link.stack();
  if (stack !== null) return stack;
  throw new FettleError('E-STACK-NONE', 'no stack is known yet', {
    hint: 'the supervisor has not told one: run fettle up, or wait a moment',
    status: 503,
  });
}

/** Who asks, for the journal: `cli`, `dashboard`, `api`. */
export function actorOf(request: FastifyRequest): string {
  const header = request.headers['x-fettle-actor'];
  return typeof header === 'string' && /^[\w@.-]{1,64}$/.test(header) ? header : 'api';
}

/** The candidate within two edits; null: none. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .slice(0, 1_000)
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .toSorted((one, other) => one.distance - other.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= 2 ? best.candidate : null;
}

/** Levenshtein over two rows. */
function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const cost = one[row - 1] === other[column - 1] ? 0 : 1;
      const left = line[column - 1] ?? 0;
      const up = above[column] ?? 0;
      line.push(Math.min(left + 1, up + 1, (above[column - 1] ?? 0) + cost));
    }
    above = line;
  }
  return above[other.length] ?? 0;
}
