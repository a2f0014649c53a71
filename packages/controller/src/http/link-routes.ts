/** `/api/v1/links`: every declared edge, tried end to end at the moment of asking. */
import type { LinksDocument } from '@fettle/sdk/api/documents';
import type { ApiParts } from './api-parts.ts';
import type { Routes } from './route.ts';

const tryMs = 30_000;

export function addLinkRoutes(routes: Routes, { health }: ApiParts): void {
  let trying: Promise<LinksDocument> | null = null;
  /** Whoever asks while a try runs shares it, so that a crowd costs one try. */
  const tryNow = (): Promise<LinksDocument> => {
    trying ??= linksDocument(health).finally(() => (trying = null));
    return trying;
  };
  const answer = { description: 'Each edge and what was seen', schema: 'LinksDocument' };
  const shared = { path: '/api/v1/links', tag: 'links', answer, timeoutMs: tryMs } as const;
  routes.add({
    ...shared,
    method: 'GET',
    id: 'listLinks',
    summary: 'Try every declared edge',
    role: 'viewer',
    handle: tryNow,
  });
  routes.add({
    ...shared,
    method: 'POST',
    id: 'tryLinks',
    summary: 'Try every declared edge now',
    role: 'operator',
    handle: tryNow,
  });
}

async function linksDocument(health: ApiParts['health']): Promise<LinksDocument> {
  const links = await health.tryLinks();
  const connected = links.filter(({ ok }) => ok).length;
  return { schema: 'fettle.links/v1', connected, total: links.length, links };
}
