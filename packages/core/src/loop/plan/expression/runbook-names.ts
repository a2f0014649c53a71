/** The names that a runbook's expressions know without asking: what it was started for. */
import type { Params } from '../../diagnose/diagnosis.ts';
import { risks, type Risk } from '../policy.ts';
import type { Value } from './expression.ts';
import type { ValueType } from './value-type.ts';

const riskNames = Object.fromEntries(risks.map((risk, index) => [risk, index]));

export const runbookNameTypes: Readonly<Record<string, ValueType>> = {
  target: 'string',
  diagnosis: 'string',
  params: 'any',
  confidence: 'number',
  risk: 'risk',
  incident: {
    record: { id: 'string', root: 'string', services: { list: 'string' }, age: 'duration' },
  },
  run: { record: { id: 'string', attempts: 'number', age: 'duration' } },
  now: 'time',
  ...Object.fromEntries(risks.map((risk) => [risk, 'risk' as const])),
};

export type RunbookFacts = Readonly<{
  /** Service, `@host` or `@disk:/mount` that the diagnosis names. */
  target: string;
  diagnosis: string;
  confidence: number;
  risk: Risk;
  /** Of the diagnosis, and those that the runbook's own parameters add. */
  params: Params;
  incident: Readonly<{ id: string; root: string; services: readonly string[]; openedMs: number }>;
  /** null: a plan is being made. */
  run: Readonly<{ id: string; attempts: number; startedMs: number }> | null;
  nowMs: number;
}>;

/** The values of `runbookNameTypes`, with every parameter also under its own name. */
export function runbookNames(facts: RunbookFacts): Readonly<Record<string, Value>> {
  const { incident, run, nowMs, risk } = facts;
  return {
    ...facts.params,
    target: facts.target,
    diagnosis: facts.diagnosis,
    params: { ...facts.params },
    confidence: facts.confidence,
    risk: riskNames[risk] ?? null,
    incident: {
      id: incident.id,
      root: incident.root,
      services: incident.services,
      age: nowMs - incident.openedMs,
    },
    run: run === null ? null : { id: run.id, attempts: run.attempts, age: nowMs - run.startedMs },
    now: nowMs,
    ...riskNames,
  };
}
