/**
 * `/ping/<id>[/start|/fail|/log|/<exit>]`: heartbeats of jobs, in the form that cron monitors have
 * made common. The body (10 kB at most) is kept with the ping. Source: healthchecks.io, "Pinging
 * API".
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FettleError } from '@fettle/sdk/fettle-error';
import { z } from 'zod';
import type { ApiParts } from './api-parts.ts';
import { routeConfig } from './route-config.ts';
import type { RouteSpec } from './route.ts';

const bodyLimitBytes = 10_240;

export function addPingRoutes(app: FastifyInstance, { health }: ApiParts): void {
  void app.register((scope, _options, done) => {
    // Any content type is kept as text: jobs pipe their output here.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) =>
      parsed(null, body),
    );
    const shared = {
      method: ['GET', 'POST'],
      bodyLimit: bodyLimitBytes,
      config: routeConfig({ role: 'operator', acts: true }),
      handler: (request: FastifyRequest, reply: FastifyReply) => answer(health, request, reply),
    } as const;
    scope.route({ ...shared, method: [...shared.method], url: '/ping/:id' });
    scope.route({ ...shared, method: [...shared.method], url: '/ping/:id/:kind' });
    done();
  });
}

function answer(
  health: ApiParts['health'],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | object {
  const { id, kind } = request.params as { id: string; kind?: string };
  const meant = kindOf(kind);
  const body = typeof request.body === 'string' ? request.body : '';
  if (!health.ping(id, meant, body))
    throw new FettleError('E-PING-UNKNOWN', `no check listens to ${id}`, {
      hint: 'give a service health: {heartbeat: {id: …, every: …}}',
      status: 404,
    });
  void reply.header('cache-control', 'no-store');
  return { schema: 'fettle.ping/v1', id, kind: String(meant), accepted: true };
}

/** @throws FettleError E-PING-KIND */
function kindOf(kind: string | undefined): 'ok' | 'start' | 'fail' | 'log' | number {
  if (kind === undefined) return 'ok';
  if (kind === 'start' || kind === 'fail' || kind === 'log') return kind;
  const exit = /^\d{1,3}$/.test(kind) ? Number(kind) : Number.NaN;
  if (exit >= 0 && exit <= 255) return exit;
  throw new FettleError('E-PING-KIND', `a ping cannot say ${kind}`, {
    hint: 'end with /start, /fail, /log or an exit code from 0 to 255',
  });
}

const id = z.string().min(1).max(128).meta({ description: 'As in health: {heartbeat: {id: …}}' });
const kind = z
  .string()
  .max(5)
  .meta({ description: 'start, fail, log, or an exit code from 0 to 255' });

/** For OpenAPI and for 405; registered above, because their bodies are of any type. */
export const pingSpecs: readonly RouteSpec[] = (['GET', 'POST'] as const).flatMap((method) => {
  const verb = method === 'GET' ? 'get' : 'post';
  const shared = {
    method,
    tag: 'pings',
    role: 'operator',
    secret: true,
    answer: { description: 'Heard', schema: 'PingDocument' },
    problems: [404, 413],
    handle: () => null,
  } as const;
  return [
    {
      ...shared,
      path: '/ping/:id',
      id: `${verb}Ping`,
      summary: 'The job is well',
      params: z.object({ id }),
    },
    {
      ...shared,
      path: '/ping/:id/:kind',
      id: `${verb}PingKind`,
      summary: 'The job started, failed, says something, or ended with a code',
      params: z.object({ id, kind }),
    },
  ];
});
