/** A person runs a runbook: the same steps, guards, proof and undo, under their name. */
import type { LoopCommand } from '../loop-event.ts';
import type { Diagnosis } from '../loop/diagnose/diagnosis.ts';
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
  const trigger = runbook.triggers.find(({ kind }) => kind === 'diagnosis');
  const diagnosis: Diagnosis = {
    id: nextId(state, 'diagnosis'),
    incidentId: incident.id,
    class: trigger?.kind === 'diagnosis' ? (trigger.classes[0] ?? 'unknown') : 'unknown',
    target,
    confidence: 1,
    sentence: title,
    for: [{ kind: 'history', text: `${actor} said so`, atMs: nowMs }],
    against: [],
    params: command.params,
    ruleId: 'person',
    symptomIds: [],
    affected: [],
    others: [],
    atMs: nowMs,
  };
  incident.diagnosis = diagnosis;
  incident.diagnoses.push(diagnosis);
  incident.services.push(...(target === '' ? [] : [target]));
  const work = workOf(turn.state, incident, nowMs);
  work.byHand = { runbook: runbook.name, actor };
  rememberIncident(state, incident);
  ask(turn, incident, diagnosis, work);
}
