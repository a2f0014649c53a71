/**
 * The names that a runbook's expressions know without asking: what it was started for.
 *
 * `target` is where the cause sits; `service` is the one that complains, often the same.
 */
import type { Params } from '../../diagnose/diagnosis.ts';
import { risks, type Risk } from '../policy.ts';
import type { Value } from './expression.ts';
import type { ValueType } from './value-type.ts';

const riskNames = Object.fromEntries(risks.map((risk, index) => [risk, index]));

export const runbookNameTypes: Readonly<Record<string, ValueType>> = {
  target: 'string',
  service: 'string',
  diagnosis: 'string',
  params: 'any',
  confidence: 'number',
  risk: 'risk',
  incident: {
    record: { id: 'string', root: 'string', affected: { list: 'string' }, age: 'duration' },
  },
  run: { record: { id: 'string', attempts: 'number', age: 'duration' } },
  now: 'time',
  ...Object.fromEntries(risks.map((risk) => [risk, 'risk' as const])),
};

export type RunbookFacts = Readonly<{
  /** What the diagnosis knows, with `target` and `service`, and the runbook's own parameters. */
  params: Params;
  diagnosis: string;
  confidence: number;
  risk: Risk;
  incident: Readonly<{ id: string; root: string; affected: readonly string[]; openedMs: number }>;
  /** null: a plan is being made. */
  run: Readonly<{ id: string; attempts: number; startedMs: number }> | null;
  nowMs: number;
}>;

/** The values of `runbookNameTypes`, with every parameter also under its own name. */
export function runbookNames(facts: RunbookFacts): Readonly<Record<string, Value>> {
  const { params, incident, run, nowMs, risk } = facts;
  return {
    ...params,
    target: params['target'] ?? incident.root,
    service: params['service'] ?? params['target'] ?? incident.root,
    diagnosis: facts.diagnosis,
    params: { ...params },
    confidence: facts.confidence,
    risk: riskNames[risk] ?? null,
    incident: {
      id: incident.id,
      root: incident.root,
      affected: incident.affected,
      age: nowMs - incident.openedMs,
    },
    run: run === null ? null : { id: run.id, attempts: run.attempts, age: nowMs - run.startedMs },
    now: nowMs,
    ...riskNames,
  };
}
