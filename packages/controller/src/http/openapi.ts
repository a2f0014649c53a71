/** The OpenAPI 3.1 document, made from the routes themselves, so that it cannot fall behind. */
import { z } from 'zod';
import type { Answer, RouteSpec } from './route.ts';
import { registry } from './schemas.ts';

type Json = Record<string, unknown>;

const always = [400, 401, 403, 500];
const problemTitles: Readonly<Record<number, string>> = {
  400: 'The request is not understood',
  401: 'A token is required',
  403: 'Host, Origin or role does not allow it',
  404: 'There is no such thing',
  409: 'It conflicts with the present state',
  413: 'The body is too large',
  415: 'The body is of the wrong type',
  422: 'Understood, but not possible',
  500: 'The controller made a mistake',
  503: 'Not available now',
};

const tags: Readonly<Record<string, string>> = {
  status: 'The whole stack at a glance',
  services: 'One service at a time',
  commands: 'What people ask for',
  events: 'What happened, and what happens',
  errors: 'What services report of themselves',
  logs: 'What services wrote',
  ports: 'Who listens where',
  links: 'Whether dependencies can be reached',
  pings: 'Heartbeats of jobs',
  health: "The daemon's own health",
  metrics: 'For Prometheus',
  access: 'Tokens and sessions',
  meta: 'About this API',
};

export function openApiDocument(
  specs: readonly RouteSpec[],
  facts: Readonly<{ version: string; url: string }>,
): Json {
  const paths: Record<string, Json> = {};
  for (const spec of specs) {
    const path = spec.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [spec.method.toLowerCase()]: operationOf(spec) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fettle',
      version: facts.version,
      description: 'Runs a stack, watches it, says why a service broke.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: facts.url, description: 'This daemon' }],
    security: [{ bearer: [] }, { session: [] }, {}],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: components(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Required when the daemon listens beyond loopback',
        },
        session: { type: 'apiKey', in: 'cookie', name: 'fettle_session' },
      },
    },
  };
}

function operationOf(spec: RouteSpec): Json {
  const parameters = [
    ...parametersOf(spec.params, 'path'),
    ...parametersOf(spec.query, 'query'),
    ...(spec.method === 'POST' && spec.secret !== true ? [idempotencyParameter] : []),
  ];
  return {
    operationId: spec.id,
    summary: spec.summary,
    description: spec.role === null ? 'Open.' : `Role: ${spec.role}.`,
    tags: [spec.tag],
    ...(spec.role === null ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(spec.body === undefined ? {} : { requestBody: bodyOf(spec.body) }),
    responses: responsesOf(spec),
  };
}

const idempotencyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key acts once and gets the same answer for a day',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function parametersOf(schema: z.ZodObject | undefined, where: 'path' | 'query'): readonly Json[] {
  if (schema === undefined) return [];
  const { properties, required } = jsonSchema(schema) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties ?? {}).map(([name, own]) => {
    const { description, ...rest } = own;
    return {
      name,
      in: where,
      required: where === 'path' || (required ?? []).includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function bodyOf(schema: z.ZodType): Json {
  return { required: true, content: { 'application/json': { schema: jsonSchema(schema) } } };
}

function responsesOf(spec: RouteSpec): Json {
  const responses: Json = { [spec.answer.status ?? 200]: answerOf(spec.answer) };
  for (const [status, description] of Object.entries(spec.others ?? {}))
    responses[status] = { description };
  const bodied = spec.body === undefined ? [] : [413, 415];
  const statuses = new Set([...always, ...bodied, ...(spec.problems ?? [])]);
  for (const status of [...statuses].toSorted((one, other) => one - other))
    responses[status] = problemOf(spec, status);
  return responses;
}

function problemOf(spec: RouteSpec, status: number): Json {
  const content: Json = { 'application/problem+json': { schema: refTo('Problem') } };
  // Health answers 503 with the same document as 200.
  if (spec.tag === 'health' && status === 503)
    content['application/health+json'] = { schema: refTo('HealthDocument') };
  return { description: problemTitles[status] ?? 'Problem', content };
}

function answerOf({ description, schema, media }: Answer): Json {
  const own = schema === null ? { type: 'string' } : refTo(schema);
  const types = media ?? ['application/json'];
  const schemaFor = (type: string): Json =>
    type.endsWith('ndjson') || type === 'text/event-stream' ? { type: 'string' } : own;
  const content = Object.fromEntries(types.map((type) => [type, { schema: schemaFor(type) }]));
  return { description, content };
}

function refTo(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function components(): Json {
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'output',
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withoutIds(schema)]),
  );
}

function jsonSchema(schema: z.ZodType): Json {
  return withoutIds(z.toJSONSchema(schema, { io: 'input' }));
}

/** Inside a document the place of a schema is its address. */
function withoutIds(schema: Json): Json {
  const { $schema: _schema, $id: _id, ...rest } = schema;
  return rest;
}
