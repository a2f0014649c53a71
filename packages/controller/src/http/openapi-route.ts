/** `GET /api/openapi.json`: made once, when first asked for. */
import type { ApiParts } from './api-parts.ts';
import { openApiDocument } from './openapi.ts';
import type { RouteSpec, Routes } from './route.ts';

/** `others`: routes that are described but registered elsewhere. */
export function addOpenApiRoute(
  routes: Routes,
  { status, version }: ApiParts,
  others: readonly RouteSpec[],
): void {
  let text: string | null = null;
  routes.add({
    method: 'GET',
    path: '/api/openapi.json',
    id: 'getOpenApi',
    tag: 'meta',
    summary: 'This description',
    role: null,
    answer: { description: 'OpenAPI 3.1', schema: null },
    handle(_request, reply) {
      const { url } = status.document().daemon;
      text ??= JSON.stringify(openApiDocument([...routes.all(), ...others], { version, url }));
      return reply.type('application/json; charset=utf-8').send(text);
    },
  });
}
