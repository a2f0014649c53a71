/** `GET /api/v1/services…`: one service, its definition without secrets, why, figures. */
import { concealData } from '../conceal.ts';
import type { Service } from '@fettle/core/stack/service';
import type { ServiceDocument, WhyDocument } from '@fettle/sdk/api/documents';
import { AssertionError } from '@fettle/sdk/assert';
import { z } from 'zod';
import type { ApiParts } from './api-parts.ts';
import { nameParams, serviceOf, sinceField, timeOf } from './inputs.ts';
import type { Routes } from './route.ts';

const hourMs = 3_600_000;

export function addServiceRoutes(routes: Routes, parts: ApiParts): void {
  const tag = 'services';
  routes.add({
    method: 'GET',
    path: '/api/v1/services',
    id: 'listServices',
    tag,
    summary: 'All services',
    role: 'viewer',
    answer: { description: 'In order of the file', schema: 'ServicesDocument' },
    handle: () => ({ schema: 'fettle.services/v1', services: parts.status.document().services }),
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/services/:name',
    id: 'getService',
    tag,
    summary: 'One service and its definition, secrets redacted',
    role: 'viewer',
    params: nameParams,
    answer: { description: 'The service', schema: 'ServiceDocument' },
    problems: [404, 503],
    handle: (request) => serviceDocument(parts, nameOf(request)),
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/services/:name/why',
    id: 'getWhy',
    tag,
    summary: 'Why the service is not ok, with evidence and the next commands',
    role: 'viewer',
    params: nameParams,
    answer: { description: 'One sentence and what it rests on', schema: 'WhyDocument' },
    problems: [404, 503],
    timeoutMs: 10_000,
    handle: (request) => whyDocument(parts, nameOf(request)),
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/services/:name/series',
    id: 'getSeries',
    tag,
    summary: 'CPU, memory, open files, threads over time',
    role: 'viewer',
    params: nameParams,
    query: z.object({ since: sinceField }),
    answer: { description: 'Fixed-step figures', schema: 'SeriesDocument' },
    problems: [404, 503],
    handle(request) {
      const { name } = serviceOf(parts, nameOf(request));
      const { since } = request.query as { since?: string };
      const nowMs = parts.nowMs();
      return parts.figures.series(name, timeOf(since, 'since', nowMs) ?? nowMs - hourMs);
    },
  });
}

function serviceDocument(parts: ApiParts, name: string): ServiceDocument {
  const definition = serviceOf(parts, name);
  const service = serviceStatusOf(parts, name);
  return {
    schema: 'fettle.service/v1',
    service,
    definition: concealData(withoutGiven(definition)) as Record<string, unknown>,
  };
}

/** A short secret looks like any word; here its variable is known. */
function withoutGiven(definition: Service): Service {
  const environment = { ...definition.environment };
  for (const { env, secret } of definition.given ?? [])
    if (secret && env !== null) environment[env] = '***';
  return { ...definition, environment };
}

async function whyDocument(parts: ApiParts, name: string): Promise<WhyDocument> {
  serviceOf(parts, name);
  const why = await parts.why.explain(name);
  const service = serviceStatusOf(parts, name);
  return {
    schema: 'fettle.why/v1',
    service: name,
    state: service.state,
    // The state's sentence says also that a rolling restart was stopped.
    why: service.rolling?.phase === 'stopped' ? service.why : (why?.sentence ?? service.why),
    cause: why?.cause ?? null,
    confidence: why?.confidence ?? null,
    evidence: (why?.evidence ?? []).map(({ kind, text, atMs }) => ({
      kind,
      text,
      at: atMs === null ? null : new Date(atMs).toISOString(),
    })),
    next: why?.next ?? [],
  };
}

function serviceStatusOf(parts: ApiParts, name: string) {
  const found = parts.status.document().services.find((service) => service.name === name);
  if (found !== undefined) return found;
  // The stack changed between two looks: look again now.
  parts.status.touch();
  const again = parts.status.document().services.find((service) => service.name === name);
  if (again !== undefined) return again;
  serviceOf(parts, name);
  throw new AssertionError(`no status for ${name}`);
}

export function nameOf(request: { params: unknown }): string {
  return (request.params as { name: string }).name;
}
