/** A new, empty incident. */
import { nextId, workOf, type Turn } from '../loop-state.ts';
import type { Incident } from './incident.ts';

/** Symptoms of one cause arrive within this time; then the first closer look is taken. */
const gatherMs = 1_000;

export function openIncident(
  turn: Turn,
  { root, title, severity }: Pick<Incident, 'root' | 'title' | 'severity'>,
): Incident {
  const { state, nowMs, effects } = turn;
  const incident: Incident = {
    id: nextId(state, 'incident'),
    state: 'open',
    title,
    severity,
    root,
    services: [],
    affected: [],
    openedMs: nowMs,
    changedMs: nowMs,
    resolvedMs: null,
    symptoms: [],
    diagnosis: null,
    diagnoses: [],
    plans: [],
    runIds: [],
    timeline: [],
    lessons: [],
    escalated: false,
    escalationReason: null,
    acknowledgedBy: null,
    closedBy: null,
    recurrenceOf: null,
    notes: [],
    manualSteps: [],
    verdict: null,
  };
  state.incidents.set(incident.id, incident);
  workOf(state, incident, nowMs).nextLookMs = nowMs + gatherMs;
  effects.push({
    kind: 'tell',
    topic: 'incident.opened',
    severity: severity === 'warn' ? 'warn' : 'error',
    service: state.picture.services.has(root) ? root : null,
    text: `${incident.id} opened: ${title}`,
    data: { incident: incident.id, root },
  });
  return incident;
}
