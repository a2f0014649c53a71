/**
 * A route, described once: what fastify needs to serve it and what OpenAPI needs to tell of it.
 *
 * Requests are checked by ajv against schemas made from zod; answers are not checked at run time
 * (a test holds them against the document).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Role } from '../store.ts';
import { withIdempotency } from './idempotency.ts';
import type { ApiParts } from './api-parts.ts';
import { routeConfig } from './route-config.ts';

export type Answer = Readonly<{
  description: string;
  /** Name of a schema in `schemas.ts`, or null for text. */
  schema: string | null;
  /** 200 unless told. */
  status?: number;
  /** `application/json` unless told. */
  media?: readonly string[];
}>;

export type RouteSpec = Readonly<{
  method: 'GET' | 'POST';
  /** Fastify's form: `/services/:name`. */
  path: string;
  id: string;
  tag: string;
  summary: string;
  /** null: open to anybody who may reach the address. */
  role: Role | null;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  answer: Answer;
  /** Other good answers by status: `304`, `204`. */
  others?: Readonly<Record<number, string>>;
  /** Problem statuses besides 400, 401, 403, 500. */
  problems?: readonly number[];
  timeoutMs?: number;
  /** 64 kB unless told. */
  bodyLimitBytes?: number;
  /** The answer holds a secret, which must not be remembered for a repeated key. */
  secret?: boolean;
  handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}>;

export type Routes = Readonly<{ add(spec: RouteSpec): void; all(): readonly RouteSpec[] }>;

const draft = 'draft-7';

export function createRoutes(app: FastifyInstance, parts: ApiParts): Routes {
  const specs: RouteSpec[] = [];
  return {
    all: () => specs,
    add(spec) {
      specs.push(spec);
      const { method, path, params, query, body, timeoutMs, bodyLimitBytes } = spec;
      app.route({
        method,
        url: path,
        config: routeConfig({ role: spec.role }),
        ...(timeoutMs === undefined ? {} : { handlerTimeout: timeoutMs }),
        ...(bodyLimitBytes === undefined ? {} : { bodyLimit: bodyLimitBytes }),
        schema: {
          ...(params === undefined ? {} : { params: inputSchema(params) }),
          ...(query === undefined ? {} : { querystring: inputSchema(query) }),
          ...(body === undefined ? {} : { body: inputSchema(body) }),
        },
        handler:
          method === 'POST' && spec.secret !== true
            ? withIdempotency(parts, spec.handle)
            : spec.handle,
      });
    },
  };
}

function inputSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: draft, io: 'input' });
  return rest;
}
