/** The route by itself, behind a server whose handlers have 50 ms. */
import { deepEqual, equal } from 'node:assert/strict';
import fastify from 'fastify';
import { onTestFinished, test } from 'vitest';
import type { LogLine } from '@fettle/sdk/api/documents';
import { aLine, nullParts } from '../controller.kit.ts';
import type { LogQuery } from '../parts.ts';
import type { ApiParts } from './api-parts.ts';
import { addLogRoutes } from './log-routes.ts';
import { createRoutes } from './route.ts';
import { createStreamSlots } from './stream-slots.ts';

/** What the route asked for and answered. */
async function ask(path: string, headers: Record<string, string> = {}) {
  const asked: LogQuery[] = [];
  async function* queryBatches(query: LogQuery): AsyncGenerator<readonly LogLine[]> {
    asked.push(query);
    for (let at = 0; at < 4; at += 1) {
      const pause = Promise.withResolvers<void>();
      setTimeout(pause.resolve, 40);
      await pause.promise;
      yield [aLine(`${at}`)];
    }
  }
  const logs = { ...nullParts().logs, queryBatches };
  const parts = { ...nullParts({ logs }), nowMs: () => 9_000_000 } as unknown as ApiParts;
  const app = fastify({ handlerTimeout: 50, ajv: { customOptions: { coerceTypes: 'array' } } });
  onTestFinished(() => app.close());
  const slots = createStreamSlots();
  addLogRoutes(createRoutes(app, parts), parts, slots);
  const { payload } = await app.inject({ path, headers });
  return { query: asked[0], payload, slots: slots.count() };
}

const ndjson = { accept: 'application/x-ndjson' };

test('an answer may take longer than other handlers have', async () => {
  const { payload, slots } = await ask('/api/v1/logs', ndjson);
  const texts = payload.split('\n').filter((line) => line !== '');
  deepEqual(
    texts.map((line) => (JSON.parse(line) as LogLine).text),
    ['0', '1', '2', '3'],
  );
  equal(slots, 0);
});
test('without a bound 1,000 lines, with all or a time as many as there are', async () => {
  const tail = async (words: string) => (await ask(`/api/v1/logs${words}`, ndjson)).query?.tail;
  deepEqual(
    [await tail(''), await tail('?tail=all'), await tail('?since=1h'), await tail('?tail=7')],
    [1_000, null, null, 7],
  );
});
test('places come from the query and from Last-Event-ID', async () => {
  const { query } = await ask('/api/v1/logs?after=e-1/3&after=e-2/0/boundary', {
    'last-event-id': 'e-3/5,e-4/6/boundary',
  });
  deepEqual(
    [...(query?.after ?? [])],
    [
      ['e-1', { offset: 3, isBoundary: false }],
      ['e-2', { offset: 0, isBoundary: true }],
      ['e-3', { offset: 5, isBoundary: false }],
      ['e-4', { offset: 6, isBoundary: true }],
    ],
  );
});
