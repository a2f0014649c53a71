/** `/api/v1/watches`: which files of which services are watched, and what their last change led to. */
import { z } from 'zod';
import type { ApiParts } from './api-parts.ts';
import { serviceOf } from './inputs.ts';
import type { Routes } from './route.ts';

export function addWatchRoutes(routes: Routes, parts: ApiParts): void {
  routes.add({
    method: 'GET',
    path: '/api/v1/watches',
    id: 'listWatches',
    tag: 'services',
    summary: 'Files whose change restarts a service',
    role: 'viewer',
    query: z.object({ service: z.string().max(63).optional() }),
    answer: { description: 'Each rule with what it covers', schema: 'WatchesDocument' },
    problems: [404],
    handle(request) {
      const { service } = request.query as { service?: string };
      const name = service === undefined ? null : serviceOf(parts, service).name;
      return { schema: 'fettle.watches/v1', rules: parts.watch.rules(name) };
    },
  });
}
