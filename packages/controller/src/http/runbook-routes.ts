/** Runbooks: which are in force, one of them, what one would do now, and running one by hand. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Params } from '@fettle/core/loop/diagnose/diagnosis';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import type { HealingCommandDocument } from '@fettle/sdk/api/incidents';
import type { DryRunDocument, RunbookDocument, RunbooksDocument } from '@fettle/sdk/api/runbooks';
import { FettleError } from '@fettle/sdk/fettle-error';
import { problemRow, runbookDetail, runbookRow } from '../loop/runbook-documents.ts';
import type { ApiParts } from './api-parts.ts';
import { actorOf, nearest, serviceOf } from './inputs.ts';
import type { Routes } from './route.ts';

const nameParams = z.object({
  name: z.string().min(1).max(64).meta({ description: 'Name of a runbook' }),
});
const wishBody = z.object({
  /** A service, `@host` or `@disk:/mount`. */
  target: z.string().min(1).max(128),
  diagnosis: z.string().max(64).optional(),
  params: z
    .record(
      z.string().regex(/^[A-Za-z_]\w{0,39}$/),
      z.union([z.string().max(1_000), z.number(), z.boolean()]),
    )
    .optional(),
});

export function addRunbookRoutes(routes: Routes, parts: ApiParts): void {
  const { loop } = parts;
  routes.add({
    method: 'GET',
    path: '/api/v1/runbooks',
    id: 'listRunbooks',
    tag: 'healing',
    summary: 'Runbooks in force, and files that are not used with their problems',
    role: 'viewer',
    answer: { description: 'Shipped ones and your own', schema: 'RunbooksDocument' },
    handle: (): RunbooksDocument => ({
      schema: 'fettle.runbooks/v1',
      runbooks: loop.runbooks().map(runbookRow),
      problems: loop.runbookProblems().map(problemRow),
    }),
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/runbooks/:name',
    id: 'getRunbook',
    tag: 'healing',
    summary: 'One runbook with its branches, steps and proof',
    role: 'viewer',
    params: nameParams,
    answer: { description: 'The runbook', schema: 'RunbookDocument' },
    problems: [404],
    handle: (request): RunbookDocument => ({
      schema: 'fettle.runbook/v1',
      runbook: runbookDetail(runbookOf(parts, request)),
    }),
  });
  routes.add({
    method: 'POST',
    path: '/api/v1/runbooks/:name/preview',
    id: 'previewRunbook',
    tag: 'healing',
    summary: 'Which way it would go now and what each act would do; nothing is changed',
    role: 'operator',
    params: nameParams,
    body: wishBody,
    answer: { description: 'The way, step by step', schema: 'DryRunDocument' },
    problems: [404],
    handle: async (request): Promise<DryRunDocument> => {
      const preview = await loop.preview(runbookOf(parts, request), wishOf(parts, request));
      return { schema: 'fettle.dry-run/v1', ...preview };
    },
  });
  routes.add({
    method: 'POST',
    path: '/api/v1/runbooks/:name/run',
    id: 'runRunbook',
    tag: 'healing',
    summary: 'Run it by hand: the same guards, proof and undo, under your name',
    role: 'operator',
    params: nameParams,
    body: wishBody,
    answer: { description: 'Taken by the loop', schema: 'HealingCommandDocument' },
    problems: [404],
    handle: (request): HealingCommandDocument => {
      const { name: runbook } = runbookOf(parts, request);
      const params = wishOf(parts, request);
      loop.command({ kind: 'run', runbook, params, dryRun: false }, actorOf(request));
      return { schema: 'fettle.healing-command/v1', command: 'run', accepted: true };
    },
  });
}

/** @throws FettleError E-RUNBOOK-UNKNOWN */
function runbookOf({ loop }: ApiParts, request: FastifyRequest): Runbook {
  const { name } = request.params as { name: string };
  const all = loop.runbooks();
  const found = all.find((runbook) => runbook.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    all.map((runbook) => runbook.name),
  );
  throw new FettleError('E-RUNBOOK-UNKNOWN', `there is no runbook ${name}`, {
    hint: near === null ? 'fettle runbooks list names them' : `did you mean ${near}?`,
    status: 404,
    exitCode: 2,
  });
}

/** @throws FettleError E-SERVICE-UNKNOWN */
function wishOf(parts: ApiParts, request: FastifyRequest): Params {
  const { target, diagnosis, params } = request.body as z.infer<typeof wishBody>;
  if (!target.startsWith('@')) serviceOf(parts, target);
  return { ...params, ...(diagnosis === undefined ? {} : { diagnosis }), target };
}
