/** What people ask of services and of the stack; every command goes to the supervisor. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Service } from '@fettle/core/stack/service';
import type { CommandDocument } from '@fettle/sdk/api/documents';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ApiParts } from './api-parts.ts';
import { idempotencyKey } from './idempotency.ts';
import { actorOf, nameParams, serviceOf, stackOf } from './inputs.ts';
import type { Routes } from './route.ts';
import { nameOf } from './service-routes.ts';

const verbs = {
  start: 'Start it, and what it needs',
  stop: 'Stop it',
  restart: 'Restart it',
  reset: 'Clear the counters of a crash loop and start it',
} as const;
type Verb = keyof typeof verbs;

const problems = [404, 409, 422, 503] as const;
const restartBody = z
  .object({
    rolling: z.boolean().optional().meta({ description: 'Replicas one after another' }),
  })
  .nullish();
const scaleBody = z.object({ replicas: z.int().min(0).max(1_000) });
const downBody = z.object({
  confirm: z.string().meta({ description: 'The name of the stack, to show that it is meant' }),
});

export function addCommandRoutes(routes: Routes, parts: ApiParts): void {
  const answer = { description: 'Taken by the supervisor', schema: 'CommandDocument' };
  for (const verb of Object.keys(verbs) as Verb[])
    routes.add({
      method: 'POST',
      path: `/api/v1/services/:name/${verb}`,
      id: `${verb}Service`,
      tag: 'commands',
      summary: verbs[verb],
      role: 'operator',
      params: nameParams,
      ...(verb === 'restart' ? { body: restartBody } : {}),
      answer,
      problems,
      handle: (request) => command(parts, request, verb),
    });
  routes.add({
    method: 'POST',
    path: '/api/v1/services/:name/scale',
    id: 'scaleService',
    tag: 'commands',
    summary: 'Run so many instances',
    role: 'operator',
    params: nameParams,
    body: scaleBody,
    answer,
    problems,
    handle: (request) => scale(parts, request),
  });
  routes.add({
    method: 'POST',
    path: '/api/v1/stack/down',
    id: 'stopStack',
    tag: 'commands',
    summary: 'Stop every service, then the daemon',
    role: 'admin',
    body: downBody,
    answer,
    problems: [409, 422, 503],
    handle: (request) => down(parts, request),
  });
}

async function command(
  parts: ApiParts,
  request: FastifyRequest,
  verb: Verb,
): Promise<CommandDocument> {
  const service = ours(parts, nameOf(request));
  const services = [service.name];
  const wish = verb === 'restart' ? (request.body as z.infer<typeof restartBody>) : null;
  const rolling = wish?.rolling === true ? { rolling: true } : {};
  await parts.link.request(
    { kind: 'command', command: verb, services, actor: actorOf(request), ...rolling },
    keyOf(request),
  );
  return { schema: 'fettle.command/v1', command: verb, services, accepted: true };
}

async function scale(parts: ApiParts, request: FastifyRequest): Promise<CommandDocument> {
  const service = ours(parts, nameOf(request));
  const { replicas } = request.body as z.infer<typeof scaleBody>;
  const { name, minReplicas, maxReplicas } = service;
  if (replicas < minReplicas || replicas > maxReplicas)
    throw new FettleError(
      'E-SCALE-RANGE',
      `${name} runs ${minReplicas} to ${maxReplicas} instances, not ${replicas}`,
      { hint: `change services.${name}.scale and run fettle up`, status: 422, exitCode: 2 },
    );
  const actor = actorOf(request);
  await parts.link.request({ kind: 'scale', service: name, replicas, actor }, keyOf(request));
  return { schema: 'fettle.command/v1', command: 'scale', services: [name], accepted: true };
}

async function down(parts: ApiParts, request: FastifyRequest): Promise<CommandDocument> {
  const stack = stackOf(parts);
  const { confirm } = request.body as z.infer<typeof downBody>;
  if (confirm !== stack.name)
    throw new FettleError('E-API-CONFIRM', 'confirm does not name this stack', {
      hint: `send {"confirm": "${stack.name}"} when all of it shall stop`,
      status: 422,
    });
  await parts.link.request({ kind: 'down', actor: actorOf(request) }, keyOf(request));
  const services = stack.services.map(({ name }) => name);
  return { schema: 'fettle.command/v1', command: 'down', services, accepted: true };
}

/** @throws FettleError E-SERVICE-EXTERNAL */
function ours(parts: ApiParts, name: string): Service {
  const service = serviceOf(parts, name);
  if (!service.external) return service;
  throw new FettleError('E-SERVICE-EXTERNAL', `${name} is external: Fettle only watches it`, {
    hint: 'start or stop it where it runs',
    status: 409,
    exitCode: 5,
  });
}

function keyOf(request: FastifyRequest): { key?: string } {
  const key = idempotencyKey(request);
  return key === null ? {} : { key };
}
