/** `GET /api/v1/events` with a cursor, and timelines: the journal as people read it. */
import { z } from 'zod';
import type { EventsDocument, TimelineDocument } from '@fettle/sdk/api/documents';
import type { ApiParts } from './api-parts.ts';
import { nameParams, serviceOf, sinceField, timeOf } from './inputs.ts';
import type { Routes } from './route.ts';
import { nameOf } from './service-routes.ts';

const defaultLimit = 100;
const timelineLimit = 500;
const limitField = z.int().min(1).max(1_000).optional();

const eventsQuery = z.object({
  after: z.int().min(0).optional().meta({ description: 'Only events with a greater seq' }),
  service: z.string().max(128).optional(),
  since: sinceField,
  limit: limitField,
});
type EventsQuery = z.infer<typeof eventsQuery>;

export function addEventRoutes(routes: Routes, parts: ApiParts): void {
  const tag = 'events';
  routes.add({
    method: 'GET',
    path: '/api/v1/events',
    id: 'listEvents',
    tag,
    summary: 'Journal; without `after` the newest, else page by page',
    role: 'viewer',
    query: eventsQuery,
    answer: { description: 'Oldest first', schema: 'EventsDocument' },
    handle: (request) => eventsDocument(parts, request.query as EventsQuery),
  });
  const timelineQuery = z.object({ since: sinceField, limit: limitField });
  const timeline = (name: string | null, query: unknown): TimelineDocument => {
    const { since, limit } = query as z.infer<typeof timelineQuery>;
    const sinceMs = timeOf(since, 'since', parts.nowMs());
    const events = parts.journal.read({
      limit: limit ?? timelineLimit,
      ...(name === null ? {} : { service: name }),
      ...(sinceMs === null ? {} : { sinceMs }),
    });
    return { schema: 'fettle.timeline/v1', service: name, events };
  };
  routes.add({
    method: 'GET',
    path: '/api/v1/timeline',
    id: 'getTimeline',
    tag,
    summary: 'What happened in the stack',
    role: 'viewer',
    query: timelineQuery,
    answer: { description: 'Newest last', schema: 'TimelineDocument' },
    handle: (request) => timeline(null, request.query),
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/services/:name/timeline',
    id: 'getServiceTimeline',
    tag,
    summary: 'What happened to one service',
    role: 'viewer',
    params: nameParams,
    query: timelineQuery,
    answer: { description: 'Newest last', schema: 'TimelineDocument' },
    problems: [404, 503],
    handle: (request) => timeline(serviceOf(parts, nameOf(request)).name, request.query),
  });
}

function eventsDocument({ journal, nowMs }: ApiParts, query: EventsQuery): EventsDocument {
  const sinceMs = timeOf(query.since, 'since', nowMs());
  const limit = query.limit ?? defaultLimit;
  const filter = {
    limit,
    ...(query.service === undefined ? {} : { service: query.service }),
    ...(sinceMs === null ? {} : { sinceMs }),
  };
  if (query.after === undefined && sinceMs === null)
    return { schema: 'fettle.events/v1', events: journal.read(filter), next: null };
  return { schema: 'fettle.events/v1', ...journal.page({ ...filter, after: query.after ?? 0 }) };
}
