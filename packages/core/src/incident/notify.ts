/** One message per incident: each change of it is told once. */
import { rememberIncident, workOf, type Turn } from '../loop-state.ts';
import type { LoopEffect } from '../loop-effect.ts';
import { isOn } from '../loop/plan/flags.ts';
import type { Incident } from './incident.ts';
import { tell } from './timeline.ts';

export type Told = Extract<LoopEffect, Readonly<{ kind: 'notify' }>>['change'];

export function notify(turn: Turn, incident: Incident, change: Told): void {
  const { state, nowMs, effects } = turn;
  const work = workOf(state, incident, nowMs);
  if (work.notified.has(change)) return;
  work.notified.add(change);
  effects.push({ kind: 'notify', incidentId: incident.id, change });
}

/** Hands an incident to a person. */
export function escalate(turn: Turn, incident: Incident, reason: string): void {
  const { state, nowMs, effects } = turn;
  if (incident.escalated && incident.escalationReason === reason) return;
  const isNew = !incident.escalated;
  incident.escalated = true;
  incident.escalationReason = reason;
  incident.state = 'escalated';
  tell(incident, { atMs: nowMs, kind: 'state', text: `given to a person: ${reason}` });
  rememberIncident(state, incident);
  if (!isNew || !isOn(state.flags, 'escalation', incident.root)) return;
  notify(turn, incident, 'escalated');
  effects.push({
    kind: 'tell',
    topic: 'incident.escalated',
    severity: 'error',
    service: state.picture.services.has(incident.root) ? incident.root : null,
    text: `${incident.id} needs a person: ${reason}`,
    data: { incident: incident.id, reason },
  });
}
