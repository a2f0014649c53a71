/** The documents of the healing loop as zod schemas, held to the SDK's types by the compiler. */
import { z } from 'zod';
import type * as Documents from '@fettle/sdk/api/incidents';

const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const text = z.string();
const list = z.array(text);

const evidence = z.object({ kind: text, text, at: time.nullable() });

const diagnosis = z.object({
  class: text,
  target: text,
  sentence: text,
  confidence: share,
  evidence: z.array(evidence),
  against: z.array(evidence),
  others: z.array(z.object({ class: text, target: text, odds: share })),
}) satisfies z.ZodType<Documents.DiagnosisDocument>;

const attempt = z.object({
  run: text,
  runbook: text,
  step: text,
  action: text,
  target: text,
  outcome: text.nullable(),
  undone: z.boolean(),
  state: text,
  detail: text,
  at: time,
  endedAt: time.nullable(),
  actor: text,
}) satisfies z.ZodType<Documents.AttemptDocument>;

const row = z.object({
  id: text,
  state: text,
  title: text,
  severity: z.enum(['warn', 'error', 'critical']),
  root: text,
  services: list,
  affected: list,
  openedAt: time,
  resolvedAt: time.nullable(),
  closedBy: text.nullable(),
  diagnosis: diagnosis.nullable(),
  attempts: z.array(attempt),
  escalated: z.boolean(),
  escalationReason: text.nullable(),
  acknowledgedBy: text.nullable(),
  recurrenceOf: text.nullable(),
}) satisfies z.ZodType<Documents.IncidentRow>;

const plan = z.object({
  id: text,
  at: time,
  runbook: text,
  step: text,
  targets: list,
  risk: text,
  success: share,
  harm: share,
  decision: text,
  reasons: z.array(z.object({ gate: text, passed: z.boolean(), text })),
  ranking: z.array(
    z.object({
      runbook: text,
      step: text,
      success: share,
      harm: share,
      costS: z.number(),
      runs: z.number(),
      note: text.nullable(),
    }),
  ),
}) satisfies z.ZodType<Documents.PlanDocument>;

const run = z.object({
  id: text,
  incident: text,
  runbook: text,
  phase: text,
  step: text,
  targets: list,
  risk: text,
  actor: text,
  approvedBy: text.nullable(),
  startedAt: time,
  expiresAt: time.nullable(),
  outcome: z.object({ kind: text, text, undone: z.boolean(), at: time }).nullable(),
  attempts: z.array(attempt),
  evidence: list,
  rechecks: z.array(z.object({ due: time, well: z.boolean().nullable() })),
}) satisfies z.ZodType<Documents.RunDocument>;

/** By the names under which OpenAPI lists them. */
export const incidentSchemas = {
  IncidentsDocument: z.object({
    schema: z.literal('fettle.incidents/v1'),
    incidents: z.array(row),
  }) satisfies z.ZodType<Documents.IncidentsDocument>,
  IncidentDocument: z.object({
    schema: z.literal('fettle.incident/v1'),
    incident: row.extend({
      timeline: z.array(z.object({ at: time, kind: text, text, evidence: z.array(evidence) })),
      plans: z.array(plan),
      runs: z.array(run),
      lessons: z.array(z.object({ text, outcome: text, at: time })),
      notes: z.array(z.object({ at: time, by: text, text })),
      manualSteps: z.array(
        z.object({
          id: text,
          text,
          owner: text.nullable(),
          deadline: time.nullable(),
          doneAt: time.nullable(),
        }),
      ),
      verdict: z.enum(['right', 'wrong']).nullable(),
    }),
  }) satisfies z.ZodType<Documents.IncidentDocument>,
  DeliveriesDocument: z.object({
    schema: z.literal('fettle.deliveries/v1'),
    deliveries: z.array(
      z.object({
        incident: text,
        change: text,
        sequence: count,
        to: text,
        state: z.enum(['waiting', 'delivered', 'superseded', 'given-up']),
        attempts: count,
        status: count.nullable(),
        error: text.nullable(),
        createdAt: time,
        nextAt: time.nullable(),
        endedAt: time.nullable(),
      }),
    ),
  }) satisfies z.ZodType<Documents.DeliveriesDocument>,
  RunsDocument: z.object({
    schema: z.literal('fettle.runs/v1'),
    runs: z.array(run),
    stats: z.object({
      total: count,
      active: count,
      outcomes: z.record(text, count),
      runbooks: z.array(z.object({ runbook: text, runs: count, fixed: count })),
    }),
  }) satisfies z.ZodType<Documents.RunsDocument>,
  HealingDocument: z.object({
    schema: z.literal('fettle.healing/v1'),
    state: z.enum(['on', 'paused', 'frozen', 'stopped']),
    text,
    pauses: z.array(z.object({ service: text.nullable(), until: time.nullable(), by: text })),
    frozenUntil: time.nullable(),
    autonomy: text.nullable(),
    autonomyOf: z.record(text, text),
    flags: z.record(text, share),
    policy: z.record(text, z.unknown()),
  }) satisfies z.ZodType<Documents.HealingDocument>,
  HealingCommandDocument: z.object({
    schema: z.literal('fettle.healing-command/v1'),
    command: text,
    accepted: z.literal(true),
  }) satisfies z.ZodType<Documents.HealingCommandDocument>,
} as const;
