/** The documents of runbooks as zod schemas, held to the SDK's types by the compiler. */
import { z } from 'zod';
import type * as Documents from '@fettle/sdk/api/runbooks';

const text = z.string();
const list = z.array(text);
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const values = z.record(text, z.union([text, z.number(), z.boolean()]));

const row = {
  name: text,
  version: count,
  description: text,
  origin: text,
  diagnoses: list,
  actions: list,
  risk: text,
  tests: list,
} as const;

const step = z.object({
  id: text,
  action: text,
  with: values,
  timeoutMs: count,
  attempts: count,
  guard: list,
  irreversible: text.nullable(),
  risk: text,
  approvalRequired: z.boolean(),
  next: text,
  onFail: text.nullable(),
  note: text.nullable(),
}) satisfies z.ZodType<Documents.RunbookStep>;

const detail = z.object({
  ...row,
  owner: text.nullable(),
  triggers: z.array(
    z.object({
      diagnoses: list,
      minConfidence: share.nullable(),
      when: text.nullable(),
      forMs: count.nullable(),
    }),
  ),
  neverWhen: list,
  dedupe: text,
  parameters: z.array(
    z.object({ name: text, type: text, required: z.boolean(), from: text.nullable() }),
  ),
  approvalWhen: text.nullable(),
  limits: z.object({
    cooldownMs: count.nullable(),
    maxRuns: z.object({ count, perMs: count }).nullable(),
    deadlineMs: count.nullable(),
    maxTargets: count.nullable(),
  }),
  evidence: list,
  branches: z.array(z.object({ when: text.nullable(), goto: text })),
  steps: z.array(step),
  verify: z.object({ settleMs: count, windowMs: count, require: list, forbid: list }),
  watchMs: z.array(count),
  expectedSuccess: share.nullable(),
}) satisfies z.ZodType<Documents.RunbookDetail>;

export const runbookSchemas = {
  RunbooksDocument: z.object({
    schema: z.literal('fettle.runbooks/v1'),
    runbooks: z.array(z.object(row)),
    problems: z.array(
      z.object({ code: text, file: text, line: count, column: count, message: text, hint: text }),
    ),
  }) satisfies z.ZodType<Documents.RunbooksDocument>,
  RunbookDocument: z.object({
    schema: z.literal('fettle.runbook/v1'),
    runbook: detail,
  }) satisfies z.ZodType<Documents.RunbookDocument>,
  DryRunDocument: z.object({
    schema: z.literal('fettle.dry-run/v1'),
    runbook: text,
    target: text,
    diagnosis: text,
    params: values,
    never: text.nullable(),
    branches: z.array(z.object({ when: text.nullable(), goto: text, holds: z.boolean() })),
    steps: z.array(
      z.object({
        step: text,
        action: text,
        text,
        command: text.nullable(),
        lacks: text.nullable(),
        guards: z.array(z.object({ text, holds: z.boolean() })),
        risk: text,
        irreversible: text.nullable(),
      }),
    ),
    verify: list,
  }) satisfies z.ZodType<Documents.DryRunDocument>,
} as const;
