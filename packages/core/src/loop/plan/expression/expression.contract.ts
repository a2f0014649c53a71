/** A small world for tests of expressions: one database, one caller, nothing wrong. */
import { openPicture } from '../../collect/picture.ts';
import { allFacts } from '../facts/all.ts';
import type { FactWorld } from '../facts/fact.ts';
import type { Value } from './expression.ts';
import { runbookNames, runbookNameTypes } from './runbook-names.ts';
import type { EvaluationContext, Scope } from './scope.ts';

const nowMs = 1_000_000;

export const emptyWorld: FactWorld = {
  picture: openPicture(nowMs - 60_000),
  symptoms: [],
  nowMs,
  sinceMs: null,
  startedMs: nowMs,
};

export const scope: Scope = {
  names: { ...runbookNameTypes, nothing: 'any', x: 'any' },
  facts: allFacts,
};

export function context(answers: Readonly<Record<string, Value>> = {}): EvaluationContext {
  const names = runbookNames({
    diagnosis: 'db_down',
    confidence: 0.9,
    risk: 'low',
    params: { target: 'db', service: 'api', port: 5432, host: 'h', path: '/data' },
    incident: { id: 'INC-1', root: 'db', affected: ['api'], openedMs: nowMs - 1_000 },
    run: { id: 'run-1', attempts: 0, startedMs: nowMs },
    nowMs,
  });
  return {
    names: { ...names, nothing: null },
    facts: allFacts,
    world: emptyWorld,
    answers: new Map(Object.entries(answers)),
  };
}
