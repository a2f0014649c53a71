/** `GET /api/v1/status`, with an ETag: a poller that has the newest version gets 304. */
import type { ApiParts } from './api-parts.ts';
import type { Routes } from './route.ts';

export function addStatusRoutes(routes: Routes, { status, startedAtMs }: ApiParts): void {
  routes.add({
    method: 'GET',
    path: '/api/v1/status',
    id: 'getStatus',
    tag: 'status',
    summary: 'State, reason and figures of every service',
    role: 'viewer',
    answer: { description: 'The whole stack', schema: 'StatusDocument' },
    others: { 304: 'Nothing changed since the version in If-None-Match' },
    handle(request, reply) {
      const etag = `W/"${startedAtMs.toString(36)}-${status.version()}"`;
      void reply.header('etag', etag).header('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(status.json());
    },
  });
}
