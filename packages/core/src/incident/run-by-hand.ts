/** A person runs a runbook: the same steps, guards, proof and undo, under their name. */
import type { LoopCommand } from '../loop-event.ts';
import type { Diagnosis, Params } from '../loop/diagnose/diagnosis.ts';
import type { Runbook } from '../loop/plan/runbook.ts';
import { nextId, rememberIncident, workOf, type Turn } from '../loop-state.ts';
import { ask } from './act.ts';
import { openIncident } from './open-incident.ts';

export function runByHand(
  turn: Turn,
  command: Extract<LoopCommand, Readonly<{ kind: 'run' }>>,
  actor: string,
): void {
  const { state, nowMs } = turn;
  const runbook = state.runbooks.get(command.runbook);
  if (runbook === undefined) return;
  const target = String(command.params['target'] ?? command.params['service'] ?? '');
  const title = `${runbook.name} run by ${actor}${target === '' ? '' : ` on ${target}`}`;
  const incident = openIncident(turn, { root: target, title, severity: 'warn' });
  const ids = { id: nextId(state, 'diagnosis'), incidentId: incident.id };
  const diagnosis = diagnosisByHand(runbook, command.params, actor, { ...ids, nowMs });
  incident.diagnosis = diagnosis;
  incident.diagnoses.push(diagnosis);
  incident.services.push(...(target === '' ? [] : [target]));
  const work = workOf(turn.state, incident, nowMs);
  work.byHand = { runbook: runbook.name, actor };
  rememberIncident(state, incident);
  ask(turn, incident, diagnosis, work);
}

/** What a person means by naming a runbook: its own class, or the one that `params` names. */
export function diagnosisByHand(
  { name, triggers }: Runbook,
  params: Params,
  actor: string,
  { id, incidentId, nowMs }: Readonly<{ id: string; incidentId: string; nowMs: number }>,
): Diagnosis {
  const classes = triggers.flatMap((one) => (one.kind === 'diagnosis' ? one.classes : []));
  const meant = classes.find((one) => one === params['diagnosis']) ?? classes[0] ?? 'unknown';
  const target = String(params['target'] ?? params['service'] ?? '');
  return {
    id,
    incidentId,
    class: meant,
    target,
    confidence: 1,
    sentence: `${name} run by ${actor}${target === '' ? '' : ` on ${target}`}`,
    for: [{ kind: 'history', text: `${actor} said so`, atMs: nowMs }],
    against: [],
    params,
    ruleId: 'person',
    symptomIds: [],
    affected: [],
    others: [],
    atMs: nowMs,
  };
}
