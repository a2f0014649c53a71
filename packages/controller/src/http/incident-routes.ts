/** Incidents, runs and approvals, and what healing may do: read by all, changed by operators. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { writeUp } from '@fettle/core/incident/write-up';
import type { Incident } from '@fettle/core/incident/incident';
import type { LoopCommand } from '@fettle/core/loop-event';
import type { Run } from '@fettle/core/loop/remedy/run';
import type { HealingCommandDocument, HealingDocument } from '@fettle/sdk/api/incidents';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { LoopPart } from '../loop/loop-part.ts';
import { sealCapsule } from '../loop/seal-capsule.ts';
import type { ApiParts } from './api-parts.ts';
import { incidentDocument, incidentRow, runDocument, statsOf } from './incident-documents.ts';
import { actorOf, nearest, sinceField, timeOf } from './inputs.ts';
import type { Routes } from './route.ts';

const idParams = z.object({
  id: z.string().min(1).max(64).meta({ description: 'INC-17, run-3' }),
});
const stepParams = idParams.extend({ step: z.string().min(1).max(80) });
const words = z.string().min(1).max(4_000);
const weekMs = 7 * 86_400_000;

export function addIncidentRoutes(routes: Routes, parts: ApiParts): void {
  addReading(routes, parts);
  addCapsule(routes, parts);
  addTelling(routes, parts);
}

function addReading(routes: Routes, parts: ApiParts): void {
  const { loop } = parts;
  routes.add({
    method: 'GET',
    path: '/api/v1/incidents',
    id: 'listIncidents',
    tag: 'healing',
    summary: 'Incidents: open ones and those resolved lately, newest first',
    role: 'viewer',
    query: z.object({ since: sinceField, open: z.stringbool().optional() }),
    answer: { description: 'Newest first', schema: 'IncidentsDocument' },
    handle(request) {
      const { since, open } = request.query as { since?: string; open?: boolean };
      const nowMs = parts.nowMs();
      const sinceMs = timeOf(since, 'since', nowMs) ?? nowMs - weekMs;
      const incidents = loop
        .incidents(open === true ? Infinity : sinceMs)
        .map((incident) => incidentRow(incident, runsOf(loop, incident)));
      return { schema: 'fettle.incidents/v1', incidents };
    },
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/incidents/:id',
    id: 'getIncident',
    tag: 'healing',
    summary: 'One incident: cause, timeline, plans, attempts, lessons',
    role: 'viewer',
    params: idParams,
    answer: { description: 'The incident', schema: 'IncidentDocument' },
    problems: [404],
    handle(request) {
      const incident = incidentOf(loop, request);
      return incidentDocument(incident, runsOf(loop, incident));
    },
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/incidents/:id/write-up',
    id: 'getWriteUp',
    tag: 'healing',
    summary: 'The incident as a page in Markdown',
    role: 'viewer',
    params: idParams,
    answer: { description: 'Markdown', schema: null, media: ['text/markdown'] },
    problems: [404],
    handle(request, reply) {
      const incident = incidentOf(loop, request);
      const day = new Date(incident.openedMs).toISOString().slice(0, 10);
      void reply.type('text/markdown; charset=utf-8');
      return writeUp(incident, runsOf(loop, incident), day);
    },
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/runs',
    id: 'listRuns',
    tag: 'healing',
    summary: 'Runs of runbooks, newest first, with their statistics',
    role: 'viewer',
    query: z.object({ active: z.stringbool().optional() }),
    answer: { description: 'Newest first', schema: 'RunsDocument' },
    handle(request) {
      const { active } = request.query as { active?: boolean };
      const all = loop.runs().toReversed();
      const wanted = active === true ? all.filter(({ phase }) => phase !== 'ended') : all;
      const runs = wanted.slice(0, 500).map(runDocument);
      return { schema: 'fettle.runs/v1', runs, stats: statsOf(all) };
    },
  });
  routes.add({
    method: 'GET',
    path: '/api/v1/healing',
    id: 'getHealing',
    tag: 'healing',
    summary: 'What healing may do now: pauses, autonomy, flags, numbers',
    role: 'viewer',
    answer: { description: 'The switches and the policy', schema: 'HealingDocument' },
    handle: () => healingDocument(parts),
  });
}

/** It tells more of the stack than its status does: commands, files, lines of logs. */
function addCapsule(routes: Routes, { loop }: ApiParts): void {
  routes.add({
    method: 'GET',
    path: '/api/v1/incidents/:id/capsule',
    id: 'getCapsule',
    tag: 'healing',
    summary: 'All that the incident was decided from, without secrets, to decide it again',
    role: 'operator',
    params: idParams,
    answer: {
      description: 'A capsule, as `fettle replay` reads it',
      schema: null,
      media: ['application/json'],
    },
    problems: [404],
    timeoutMs: 30_000,
    handle: async (request, reply) => {
      const capsule = await loop.capsule(incidentOf(loop, request).id);
      void reply.type('application/json; charset=utf-8');
      return JSON.stringify(sealCapsule(capsule));
    },
  });
}

type Telling = Readonly<{
  path: string;
  id: string;
  summary: string;
  params?: z.ZodObject;
  body?: z.ZodType;
  role?: 'operator' | 'admin';
  command(parts: ApiParts, request: FastifyRequest): LoopCommand;
}>;

const untilBody = z.object({
  /** `30m`, or RFC 3339; absent: until resumed. */
  for: z.string().max(40).optional(),
  service: z.string().max(128).optional(),
});

const tellings: readonly Telling[] = [
  {
    path: '/api/v1/incidents/:id/acknowledge',
    id: 'acknowledgeIncident',
    summary: 'Say that somebody has seen it',
    params: idParams,
    command: ({ loop }, request) => ({
      kind: 'acknowledge',
      incidentId: incidentOf(loop, request).id,
    }),
  },
  {
    path: '/api/v1/incidents/:id/resolve',
    id: 'resolveIncident',
    summary: 'Close it by hand',
    params: idParams,
    command: ({ loop }, request) => ({ kind: 'resolve', incidentId: incidentOf(loop, request).id }),
  },
  {
    path: '/api/v1/incidents/:id/notes',
    id: 'noteIncident',
    summary: 'Add a note to its timeline',
    params: idParams,
    body: z.object({ text: words }),
    command: ({ loop }, request) => ({
      kind: 'note',
      incidentId: incidentOf(loop, request).id,
      text: (request.body as { text: string }).text,
    }),
  },
  {
    path: '/api/v1/incidents/:id/verdict',
    id: 'judgeIncident',
    summary: 'Say whether the named cause is right or wrong: the loop learns from it',
    params: idParams,
    body: z.object({ verdict: z.enum(['right', 'wrong']) }),
    command: ({ loop }, request) => ({
      kind: 'judge',
      incidentId: incidentOf(loop, request).id,
      verdict: (request.body as { verdict: 'right' | 'wrong' }).verdict,
    }),
  },
  {
    path: '/api/v1/incidents/:id/manual-steps',
    id: 'addManualStep',
    summary: 'Leave a step to a person, with owner and deadline',
    params: idParams,
    body: z.object({
      text: words,
      owner: z.string().max(128).nullable().optional(),
      deadline: z.string().max(40).nullable().optional(),
    }),
    command: ({ loop, nowMs }, request) => {
      const { text, owner, deadline } = request.body as {
        text: string;
        owner?: string | null;
        deadline?: string | null;
      };
      const deadlineMs =
        deadline === undefined || deadline === null ? null : aheadOf(deadline, 'deadline', nowMs());
      const incidentId = incidentOf(loop, request).id;
      return { kind: 'add-manual-step', incidentId, text, owner: owner ?? null, deadlineMs };
    },
  },
  {
    path: '/api/v1/incidents/:id/manual-steps/:step/done',
    id: 'finishManualStep',
    summary: 'A person did the step',
    params: stepParams,
    command: ({ loop }, request) => ({
      kind: 'finish-manual-step',
      incidentId: incidentOf(loop, request).id,
      stepId: (request.params as { step: string }).step,
    }),
  },
  {
    path: '/api/v1/runs/:id/approve',
    id: 'approveRun',
    summary: 'Let a run that asks begin',
    params: idParams,
    command: ({ loop }, request) => ({ kind: 'approve', runId: awaiting(loop, request).id }),
  },
  {
    path: '/api/v1/runs/:id/reject',
    id: 'rejectRun',
    summary: 'Say no to a run that asks',
    params: idParams,
    body: z.object({ reason: z.string().max(1_000).optional() }),
    command: ({ loop }, request) => ({
      kind: 'reject',
      runId: awaiting(loop, request).id,
      reason: (request.body as { reason?: string } | undefined)?.reason ?? '',
    }),
  },
  {
    path: '/api/v1/healing/pause',
    id: 'pauseHealing',
    summary: 'Stop healing, of one service or of all; restarting the dead goes on',
    body: untilBody,
    command: ({ nowMs }, request) => {
      const { for: time, service } = (request.body ?? {}) as z.infer<typeof untilBody>;
      const untilMs = time === undefined ? null : aheadOf(time, 'for', nowMs());
      return { kind: 'pause', service: service ?? null, untilMs };
    },
  },
  {
    path: '/api/v1/healing/resume',
    id: 'resumeHealing',
    summary: 'Heal again',
    body: z.object({ service: z.string().max(128).optional() }),
    command: (_parts, request) => ({
      kind: 'resume',
      service: (request.body as { service?: string } | undefined)?.service ?? null,
    }),
  },
  {
    path: '/api/v1/healing/emergency-stop',
    id: 'emergencyStop',
    summary: 'Stop at once: runs under way are taken back, nothing begins until resume',
    command: () => ({ kind: 'emergency-stop' }),
  },
  {
    path: '/api/v1/healing/freeze',
    id: 'freezeHealing',
    summary: 'No changes until a time: a change freeze',
    body: z.object({ until: z.string().max(40) }),
    command: ({ nowMs }, request) => ({
      kind: 'freeze',
      untilMs: aheadOf((request.body as { until: string }).until, 'until', nowMs()),
    }),
  },
];

function addTelling(routes: Routes, parts: ApiParts): void {
  for (const telling of tellings)
    routes.add({
      method: 'POST',
      path: telling.path,
      id: telling.id,
      tag: 'healing',
      summary: telling.summary,
      role: telling.role ?? 'operator',
      ...(telling.params === undefined ? {} : { params: telling.params }),
      ...(telling.body === undefined ? {} : { body: telling.body }),
      answer: { description: 'Taken by the loop', schema: 'HealingCommandDocument' },
      problems: [404, 409],
      handle: (request: FastifyRequest, _reply: FastifyReply): HealingCommandDocument => {
        const command = telling.command(parts, request);
        parts.loop.command(command, actorOf(request));
        return { schema: 'fettle.healing-command/v1', command: command.kind, accepted: true };
      },
    });
}

function healingDocument({ loop, nowMs }: ApiParts): HealingDocument {
  const { rails, policy, flags } = loop.state;
  const now = nowMs();
  const frozenMs = Math.max(rails.frozenUntilMs, policy.frozenUntilMs);
  const pauses = rails.pauses.filter(({ untilMs }) => untilMs === null || untilMs > now);
  const whole = pauses.find(({ service }) => service === null);
  const iso = (atMs: number): string => new Date(atMs).toISOString();
  const [state, text]: readonly [HealingDocument['state'], string] =
    rails.stopped !== null
      ? ['stopped', `emergency stop by ${rails.stopped.by}`]
      : whole !== undefined
        ? ['paused', `paused by ${whole.by}`]
        : frozenMs > now
          ? ['frozen', `no changes until ${iso(frozenMs)}`]
          : ['on', 'healing is on'];
  return {
    schema: 'fettle.healing/v1',
    state,
    text,
    pauses: pauses.map(({ service, untilMs, by }) => ({
      service,
      until: untilMs === null ? null : iso(untilMs),
      by,
    })),
    frozenUntil: frozenMs > now ? iso(frozenMs) : null,
    autonomy: policy.autonomy,
    autonomyOf: policy.autonomyOf,
    flags,
    policy,
  };
}

function incidentOf(loop: LoopPart, request: FastifyRequest): Incident {
  const { id } = request.params as { id: string };
  const found = loop.incident(id) ?? loop.incident(id.toUpperCase());
  if (found !== null) return found;
  const near = nearest(
    id,
    loop.incidents(0).map((incident) => incident.id),
  );
  throw new FettleError('E-INCIDENT-UNKNOWN', `there is no incident ${id}`, {
    hint: near === null ? 'fettle incidents lists them' : `did you mean ${near}?`,
    status: 404,
    exitCode: 2,
  });
}

/** @throws FettleError E-RUN-UNKNOWN, E-RUN-STATE */
function awaiting(loop: LoopPart, request: FastifyRequest): Run {
  const { id } = request.params as { id: string };
  const run = loop.run(id);
  if (run === null)
    throw new FettleError('E-RUN-UNKNOWN', `there is no run ${id}`, {
      hint: 'fettle runs --active lists those that ask',
      status: 404,
      exitCode: 2,
    });
  if (run.phase === 'awaiting') return run;
  throw new FettleError('E-RUN-STATE', `${id} does not wait for a yes: it is ${run.phase}`, {
    hint: 'fettle runs shows how it went',
    status: 409,
    exitCode: 3,
  });
}

function runsOf(loop: LoopPart, incident: Incident): readonly Run[] {
  return incident.runIds.flatMap((id) => loop.run(id) ?? []);
}

/** `30m` is that much from now; a time is itself. */
function aheadOf(text: string, field: string, nowMs: number): number {
  const atMs = timeOf(text, field, nowMs) ?? nowMs;
  return atMs < nowMs ? nowMs + (nowMs - atMs) : atMs;
}
