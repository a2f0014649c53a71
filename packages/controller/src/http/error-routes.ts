/**
 * `POST /api/v1/errors`: services report what went wrong in them; `GET` shows it by fingerprint.
 *
 * The answer is 202 once the report is on disk: what is then acknowledged is stored, come what may.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ErrorGroup, ErrorReceiptDocument, ErrorsDocument } from '@fettle/sdk/api/errors';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ErrorGroupRow } from '../store.ts';
import type { ApiParts } from './api-parts.ts';
import { sinceField, timeOf } from './inputs.ts';
import type { Routes } from './route.ts';

const bodyLimitBytes = 2 * 1_048_576;
const maxReports = 100;
const defaultLimit = 100;

const report = z.object({
  message: z.string().min(1).max(20_000).meta({ description: 'Kept up to 2,000 characters' }),
  stack: z
    .string()
    .max(200_000)
    .optional()
    .meta({ description: 'As the runtime prints it; kept up to 16,000 characters' }),
  fingerprint: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Which errors are the same; by type, place and wording unless told' }),
  release: z.string().min(1).max(200).optional(),
  service: z
    .string()
    .regex(/^[\w.@-]{1,128}$/)
    .optional()
    .meta({ description: 'Name in the config: FETTLE_SERVICE of its environment' }),
});
type Report = z.infer<typeof report>;

const body = z.union([report, z.strictObject({ errors: z.array(report).min(1).max(maxReports) })]);

const query = z.object({
  service: z.string().max(128).optional(),
  since: sinceField,
  limit: z.int().min(1).max(1_000).optional(),
});

export function addErrorRoutes(routes: Routes, parts: ApiParts): void {
  routes.add({
    method: 'POST',
    path: '/api/v1/errors',
    id: 'reportErrors',
    tag: 'errors',
    summary: `Report an error, or up to ${maxReports} at once as {"errors": […]}`,
    role: 'operator',
    body,
    bodyLimitBytes,
    answer: { description: 'On disk', schema: 'ErrorReceiptDocument', status: 202 },
    problems: [413, 415, 503],
    // A repeated report is a report: nothing is remembered of the answer.
    secret: true,
    handle: (request, reply) => take(parts, request, reply),
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/errors',
    id: 'listErrors',
    tag: 'errors',
    summary: 'Reported errors by fingerprint, newest first',
    role: 'viewer',
    query,
    answer: { description: 'Groups', schema: 'ErrorsDocument' },
    handle: (request) => list(parts, request),
  });
}

async function take(
  { errors }: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ErrorReceiptDocument> {
  const sent = request.body as Report | Readonly<{ errors: readonly Report[] }> | undefined;
  if (sent === undefined || sent === null)
    throw new FettleError('E-API-INPUT', 'the body is empty', {
      hint: 'send {"message": "…"} with content-type: application/json',
      status: 400,
    });
  const reports = 'message' in sent ? [sent] : sent.errors;
  await errors.take(reports);
  void reply.code(202);
  return { schema: 'fettle.error-receipt/v1', accepted: reports.length };
}

function list({ errors, nowMs }: ApiParts, request: FastifyRequest): ErrorsDocument {
  const { service, since, limit = defaultLimit } = request.query as z.infer<typeof query>;
  const sinceMs = timeOf(since, 'since', nowMs());
  const groups = errors.groups({
    limit,
    ...(service === undefined ? {} : { service }),
    ...(sinceMs === null ? {} : { sinceMs }),
  });
  return { schema: 'fettle.errors/v1', groups: groups.map(groupOf) };
}

function groupOf({ firstMs, lastMs, ...group }: ErrorGroupRow): ErrorGroup {
  const time = (ms: number): string => new Date(ms).toISOString();
  return { ...group, firstAt: time(firstMs), lastAt: time(lastMs) };
}
