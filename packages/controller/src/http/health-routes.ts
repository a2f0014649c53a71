/**
 * The daemon's own health. `/livez`: does this process answer; `/readyz`: does it know the stack;
 * `/healthz`: with each part's word. Source: draft-inadarei-api-health-check-06.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HealthDocument } from '@fettle/sdk/api/documents';
import type { ApiParts } from './api-parts.ts';
import type { Routes } from './route.ts';

type Check = HealthDocument['checks'][string][number];
type Status = HealthDocument['status'];

const mediaType = 'application/health+json; charset=utf-8';
const slowLoopMs = 250;
const loopResolutionMs = 1_000;

export function addHealthRoutes(routes: Routes, parts: ApiParts): void {
  const delay = monitorEventLoopDelay({ resolution: loopResolutionMs });
  delay.enable();
  const answer = {
    description: 'pass or warn; 503 carries the same document with fail',
    schema: 'HealthDocument',
    media: ['application/health+json'],
  };
  const query = z.object({
    verbose: z.string().max(10).optional().meta({ description: 'Present: tell each check' }),
  });
  const add = (path: string, id: string, summary: string, look: () => HealthDocument): void =>
    routes.add({
      method: 'GET',
      path,
      id,
      tag: 'health',
      summary,
      role: null,
      query,
      answer,
      problems: [503],
      handle: (request, reply) => send(request, reply, look()),
    });
  const ready = (): HealthDocument => documentOf({ supervisor: supervisorCheck(parts) });
  const whole = (): HealthDocument =>
    documentOf({
      supervisor: supervisorCheck(parts),
      journal: journalCheck(parts),
      // The histogram holds whole intervals: what exceeds the interval is the delay.
      'event-loop': loopCheck(Math.max(0, delay.percentile(99) / 1e6 - loopResolutionMs), parts),
    });
  add('/livez', 'getLivez', 'Does the controller answer', () => ({ status: 'pass', checks: {} }));
  add('/readyz', 'getReadyz', 'Does the controller know the stack', ready);
  add('/ready', 'getReady', 'As /readyz', ready);
  add('/healthz', 'getHealthz', 'Health of each part of the daemon', whole);
  add('/health', 'getHealth', 'As /healthz', whole);
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  document: HealthDocument,
): FastifyReply {
  const { verbose } = request.query as { verbose?: string };
  // `/healthz` tells its checks anyhow: the CLI and the dashboard show them.
  const told = verbose !== undefined || request.url.startsWith('/health');
  const body = told ? document : { status: document.status, checks: {} };
  return reply
    .code(document.status === 'fail' ? 503 : 200)
    .header('cache-control', 'no-store')
    .type(mediaType)
    .send(JSON.stringify(body));
}

function documentOf(checks: Readonly<Record<string, Check>>): HealthDocument {
  const statuses = Object.values(checks).map(({ status }) => status);
  const worst: Status = statuses.includes('fail')
    ? 'fail'
    : statuses.includes('warn')
      ? 'warn'
      : 'pass';
  return {
    status: worst,
    checks: Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, [check]])),
  };
}

function supervisorCheck({ link, nowMs }: ApiParts): Check {
  const time = new Date(nowMs()).toISOString();
  if (!link.connected())
    return link.stack() === null
      ? { status: 'fail', output: 'the supervisor was not reached yet', time }
      : { status: 'warn', output: 'the supervisor is away: figures are old', time };
  if (link.info()?.runLogDurable === false)
    return { status: 'warn', output: 'the run log cannot be written: adoption unsafe', time };
  return { status: 'pass', time };
}

function journalCheck({ journal, durable, nowMs }: ApiParts): Check {
  const time = new Date(nowMs()).toISOString();
  const { trouble, buffered, dropped } = journal.state();
  if (trouble !== null) {
    const output = `not written: ${trouble}; ${buffered} events in memory, ${dropped} dropped`;
    return { status: 'warn', output, time };
  }
  if (!durable) return { status: 'warn', output: 'kept in memory only', time };
  return { status: 'pass', time };
}

function loopCheck(p99Ms: number, { nowMs }: ApiParts): Check {
  const time = new Date(nowMs()).toISOString();
  const output = `p99 delay ${Math.round(p99Ms)} ms`;
  return { status: p99Ms > slowLoopMs ? 'warn' : 'pass', output, time };
}
