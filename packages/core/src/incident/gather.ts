/**
 * Which symptoms belong to which incident: opens, merges, quiets and resolves.
 *
 * Symptoms of one cause are one incident, whatever the number of services (Google SRE: page once
 * per cause). An incident that shows nothing for a while and has nothing under way is resolved.
 */
import { groupSymptoms, type Group, type OpenGroup } from '../loop/diagnose/root-cause.ts';
import { isDown } from '../loop/diagnose/vitals.ts';
import type { Symptom } from '../loop/detect/symptom.ts';
import {
  activeRun,
  forgetOld,
  openIncidents,
  rememberIncident,
  runsOf,
  workOf,
  type Turn,
} from '../loop-state.ts';
import type { Incident } from './incident.ts';
import { withdrawAsked } from './follow.ts';
import { notify } from './notify.ts';
import { openIncident } from './open-incident.ts';
import { reflexIsDue, settleReflexes } from './reflexes.ts';
import { tell } from './timeline.ts';

/** A warning must last this long before it is an incident of its own. */
const warnMs = 30_000;
/** Symptoms of one cause arrive within this time; then the first closer look is taken. */
const gatherMs = 1_000;
const mostSymptoms = 60;
const settleMs = 15_000;

export function gatherSymptoms(turn: Turn, showing: readonly Symptom[]): void {
  const { state, nowMs } = turn;
  const grave = showing.filter(isOurs);
  const hints = openIncidents(state).map(hintOf);
  const groups = groupSymptoms(state.picture, grave, nowMs, hints);
  const shown = new Set<Incident>();
  for (const group of groups) {
    const incident = incidentOf(turn, group);
    if (incident === null) continue;
    shown.add(incident);
    take(turn, incident, group);
  }
  // After a restart of ours nothing was seen yet: that is no sign of health.
  if (nowMs - state.picture.openedMs >= settleMs)
    for (const incident of openIncidents(state)) if (!shown.has(incident)) quiet(turn, incident);
  forgetOld(state);
}

function isOurs({ severity, causedBy }: Symptom): boolean {
  return severity !== 'info' && causedBy === null;
}

/** Will these, or what was mended at once, open an incident while none is open? */
export function opensFirst(turn: Turn, showing: readonly Symptom[]): boolean {
  if (openIncidents(turn.state).length > 0) return false;
  return reflexIsDue(turn) || isGrave(turn, { symptoms: showing.filter(isOurs) });
}

/** What grouping is told of an open incident, so that its group is continued. */
export function hintOf({ id, services, root }: Incident): OpenGroup {
  return { incidentId: id, root, services };
}

function incidentOf(turn: Turn, group: Group): Incident | null {
  const { incidents } = turn.state;
  const known = incidents.get(group.continues ?? '');
  if (known === undefined) {
    if (isAbsorbed(turn, group) || isEchoOfClosed(turn, group)) return null;
    return isGrave(turn, group) ? open(turn, group) : null;
  }
  for (const id of group.merges) {
    const other = incidents.get(id);
    if (other !== undefined) merge(turn, known, other);
  }
  return known;
}

/** All of it was found to be part of an open incident before: it is not opened again. */
function isAbsorbed({ state }: Turn, { symptoms }: Group): boolean {
  return openIncidents(state).some((incident) => {
    const absorbed = state.works.get(incident.id)?.absorbed;
    return symptoms.every(({ key }) => absorbed?.has(key) === true);
  });
}

/** Windows of detectors reach back: what showed already when a person closed it may still show. */
const echoMs = 90_000;

function isEchoOfClosed({ state, nowMs }: Turn, { symptoms, services }: Group): boolean {
  return [...state.incidents.values()].some(({ resolvedMs, root, affected, ...closed }) => {
    if (resolvedMs === null || nowMs - resolvedMs > echoMs) return false;
    if (/^(?:fettle$|by itself$|merged)/.test(closed.closedBy ?? '')) return false;
    const own = new Set([root, ...closed.services, ...affected]);
    return (
      services.every((name) => own.has(name)) &&
      symptoms.every(({ sinceMs, target }) => own.has(target) && sinceMs <= resolvedMs)
    );
  });
}

function isGrave({ nowMs }: Turn, { symptoms }: Pick<Group, 'symptoms'>): boolean {
  return symptoms.some(
    ({ severity, sinceMs }) => severity === 'error' || nowMs - sinceMs >= warnMs,
  );
}

function open(turn: Turn, group: Group): Incident {
  const [first] = group.symptoms.toSorted((a, b) => a.sinceMs - b.sinceMs);
  const root = group.rootCandidates[0] ?? group.services[0] ?? '@host';
  return openIncident(turn, {
    root,
    title: first?.text ?? `${root} is not well`,
    severity: group.symptoms.some(({ severity }) => severity === 'error') ? 'error' : 'warn',
  });
}

function take(turn: Turn, incident: Incident, group: Group): void {
  const { state, nowMs } = turn;
  const known = new Set(incident.symptoms.map(({ key }) => key));
  const work = workOf(state, incident, nowMs);
  work.quietSinceMs = null;
  for (const symptom of group.symptoms.filter(({ key }) => !known.has(key)))
    tell(incident, {
      atMs: symptom.sinceMs,
      kind: 'symptom',
      text: symptom.text,
      evidence: symptom.evidence,
    });
  const isChanged =
    group.symptoms.some(({ key }) => !known.has(key)) ||
    group.symptoms.length !== incident.symptoms.length ||
    group.services.join() !== incident.services.join();
  if (!isChanged) return;
  incident.symptoms = group.symptoms.slice(0, mostSymptoms);
  incident.services = [...group.services];
  incident.affected = group.affected.filter((name) => name !== incident.root);
  if (group.symptoms.some(({ severity }) => severity === 'error') && incident.severity === 'warn')
    incident.severity = 'error';
  work.nextLookMs = Math.min(work.nextLookMs, nowMs + gatherMs);
  notify(turn, incident, 'opened');
  rememberIncident(state, incident);
}

/** What looked like two causes turned out to be one. */
function merge(turn: Turn, into: Incident, other: Incident): void {
  const { state, nowMs } = turn;
  if (activeRun(state, other) !== null) return;
  tell(into, { atMs: nowMs, kind: 'state', text: `${other.id} is part of this: merged` });
  into.runIds.push(...other.runIds);
  into.affected = [...new Set([...into.affected, ...other.services])];
  const { absorbed } = workOf(state, into, nowMs);
  for (const { key } of other.symptoms) absorbed.add(key);
  for (const key of workOf(state, other, nowMs).absorbed) absorbed.add(key);
  close(turn, other, `merged into ${into.id}`);
  rememberIncident(state, into);
}

function quiet(turn: Turn, incident: Incident): void {
  const { state, nowMs } = turn;
  const work = workOf(state, incident, nowMs);
  work.quietSinceMs ??= nowMs;
  if (incident.symptoms.length > 0) {
    incident.symptoms = [];
    tell(incident, { atMs: nowMs, kind: 'state', text: 'no symptom shows any more' });
    rememberIncident(state, incident);
  }
  // Nobody complains, and it waits for its next start: that is no calm.
  if (isAnyRestarting(turn, incident)) work.quietSinceMs = nowMs;
  if (nowMs - work.quietSinceMs < state.policy.resolveMs) return;
  if (work.examSinceMs !== null) return;
  settleReflexes(turn, incident);
  withdrawAsked(turn, incident, 'it is well again without it');
  if (activeRun(state, incident) !== null) return;
  if (incident.diagnosis === null && work.looks === 0) return;
  const cured = runsOf(state, incident).some(({ outcome }) => outcome?.kind === 'fixed');
  close(turn, incident, cured ? 'fettle' : 'by itself');
}

function isAnyRestarting({ state }: Turn, { root, services }: Incident): boolean {
  return [root, ...services].some((name) => {
    const service = state.picture.services.get(name);
    if (service === undefined || !isDown(service)) return false;
    return [...service.instances.values()].some(({ view }) =>
      /^(?:backing-off|crash-loop)$/.test(view.state),
    );
  });
}

export function close(turn: Turn, incident: Incident, by: string): void {
  const { state, nowMs, effects } = turn;
  withdrawAsked(turn, incident, `closed: ${by}`);
  incident.state = 'resolved';
  incident.resolvedMs = nowMs;
  incident.closedBy = by;
  incident.symptoms = [];
  tell(incident, { atMs: nowMs, kind: 'state', text: `resolved: ${by}` });
  state.works.get(incident.id)?.notified.delete('resolved');
  if (!by.startsWith('merged')) notify(turn, incident, 'resolved');
  effects.push({
    kind: 'tell',
    topic: 'incident.resolved',
    severity: 'info',
    service: state.picture.services.has(incident.root) ? incident.root : null,
    text: `${incident.id} resolved (${by}): ${incident.title}`,
    data: { incident: incident.id, by },
  });
  rememberIncident(state, incident);
}
