/** Takes a closer look at an incident and says what caused it; again while it goes on. */
import type { ServiceExam } from '../loop/collect/exam.ts';
import { allDecisionRules } from '../loop/diagnose/decision-rules/all.ts';
import { usersOfDisk } from '../loop/diagnose/disk-users.ts';
import { diagnoseBy, type Finding } from '../loop/diagnose/diagnose.ts';
import { groupSymptoms, type Group } from '../loop/diagnose/root-cause.ts';
import type { Diagnosis, DiagnosisClass } from '../loop/diagnose/diagnosis.ts';
import { signsOf } from '../loop/diagnose/signs.ts';
import { isOn } from '../loop/plan/flags.ts';
import { isReflex, type Run } from '../loop/remedy/run.ts';
import {
  nextId,
  rememberIncident,
  runsOf,
  workOf,
  type LoopState,
  type Turn,
  activeRun,
} from '../loop-state.ts';
import { hintOf } from './gather.ts';
import type { Incident } from './incident.ts';
import { isCured } from './cured.ts';
import { tell } from './timeline.ts';

const examMs = 8_000;
const firstPauseMs = 3_000;
const longestPauseMs = 60_000;
const mostExamined = 12;
const mostDiagnoses = 10;
/** Below it, who mended it at once knows better: it saw the process. */
const sure = 0.8;

/** Due, and none under way: asks for an exam. */
export function look(turn: Turn, incident: Incident): void {
  const { state, nowMs, effects } = turn;
  const work = workOf(state, incident, nowMs);
  if (!isOn(state.flags, 'diagnosis', incident.root)) return;
  if (work.examSinceMs !== null) {
    if (nowMs - work.examSinceMs > examMs) concludeLook(turn, incident, []);
    return;
  }
  if (nowMs < work.nextLookMs || isCured(turn, incident)) return;
  if (incident.symptoms.length === 0 && work.looks > 0) return;
  work.examSinceMs = nowMs;
  if (incident.state === 'open') incident.state = 'examining';
  const services = examined(turn, incident);
  if (services.length === 0) return concludeLook(turn, incident, []);
  effects.push({ kind: 'examine', incidentId: incident.id, services });
}

/** The suspects first: root, services, through whom a disk is seen, then what they depend on. */
function examined({ state }: Turn, incident: Incident): readonly string[] {
  const { services } = state.picture;
  const named = [incident.root, ...incident.services];
  const own = named.filter((name) => services.has(name));
  const below = own.flatMap((name) =>
    (services.get(name)?.definition.dependsOn ?? []).map(({ service }) => service),
  );
  const around = named.flatMap((name) => usersOfDisk(state.picture, name));
  const all = new Set([...own.slice(0, 6), ...around, ...below]);
  const first = [...all].filter((name) => services.has(name));
  return first.slice(0, mostExamined);
}

export function concludeLook(turn: Turn, incident: Incident, exams: readonly ServiceExam[]): void {
  const { state, nowMs } = turn;
  const work = workOf(state, incident, nowMs);
  if (work.examSinceMs === null || incident.state === 'resolved') return;
  for (const exam of exams) {
    work.exams.set(exam.service, exam);
    const service = state.picture.services.get(exam.service);
    if (service !== undefined) service.exam = exam;
  }
  work.examSinceMs = null;
  work.looks += 1;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(work.looks - 1, 5));
  work.nextLookMs = nowMs + pauseMs;
  decide(turn, incident);
}

function decide(turn: Turn, incident: Incident): void {
  const { state, nowMs, effects } = turn;
  const group = groupOf(turn, incident);
  if (group === null) return;
  const { exams } = workOf(state, incident, nowMs);
  const isLearning = isOn(state.flags, 'learning', incident.root);
  const settled = settledBefore(turn, incident);
  const asked = { group, picture: state.picture, exams, settled, nowMs };
  const learnt = isLearning ? state.classifier : null;
  const found = diagnoseBy(allDecisionRules, { ...asked, learnt });
  const judged = toldByReflex(turn, incident, found) ?? found;
  const before = standingOf(turn, incident);
  const isSame =
    before !== null && before.class === judged.class && before.target === judged.target;
  // A weaker word on the same symptoms does not unsay a stronger one.
  const isWeaker = before !== null && before.class !== 'unknown' && judged.class === 'unknown';
  if (isWeaker || (isSame && before.confidence >= judged.confidence)) return;
  // What is being mended is judged by what it was begun for, unless we come to know better.
  if (
    !isSame &&
    before !== null &&
    judged.confidence < before.confidence &&
    isMending(turn, incident)
  )
    return;
  const diagnosis: Diagnosis = {
    ...judged,
    id: isSame ? before.id : nextId(state, 'diagnosis'),
    incidentId: incident.id,
    symptomIds: incident.symptoms.map(({ id }) => id),
    signs: signsOf(asked),
    atMs: nowMs,
  };
  incident.diagnosis = diagnosis;
  incident.root = diagnosis.target;
  incident.affected = diagnosis.affected.filter((name) => name !== diagnosis.target);
  incident.title = diagnosis.sentence;
  rememberIncident(state, incident);
  if (isSame) return;
  incident.diagnoses.push(diagnosis);
  if (incident.diagnoses.length > mostDiagnoses) incident.diagnoses.shift();
  const odds = Math.round(diagnosis.confidence * 100);
  tell(incident, {
    atMs: nowMs,
    kind: 'diagnosis',
    text: `${diagnosis.sentence} (${diagnosis.class}, ${odds} %)`,
    evidence: diagnosis.for,
  });
  effects.push({
    kind: 'tell',
    topic: 'incident.diagnosed',
    severity: 'warn',
    service: state.picture.services.has(diagnosis.target) ? diagnosis.target : null,
    text: `${incident.id}: ${diagnosis.sentence} (${odds} %)`,
    data: { incident: incident.id, class: diagnosis.class, target: diagnosis.target },
  });
}

/** When earlier incidents of its services were over: what was theirs does not speak here. */
function settledBefore({ state }: Turn, { openedMs }: Incident): ReadonlyMap<string, number> {
  const settled = new Map<string, number>();
  for (const other of state.incidents.values()) {
    const { resolvedMs, closedBy } = other;
    if (resolvedMs === null || resolvedMs > openedMs || closedBy?.startsWith('merged')) continue;
    for (const name of [other.root, ...other.services, ...other.affected])
      settled.set(name, Math.max(resolvedMs, settled.get(name) ?? 0));
  }
  return settled;
}

/** Their traces go with the run that the supervisor ended: what is seen now is of the new one. */
const goneWithRun: ReadonlySet<DiagnosisClass> = new Set([
  'mem_leak',
  'heap_exhausted',
  'fd_leak',
  'thread_leak',
]);

function isMending({ state }: Turn, incident: Incident): boolean {
  const run = activeRun(state, incident);
  if (run !== null && run.phase !== 'awaiting') return true;
  if (!goneWithRun.has(incident.diagnosis?.class ?? 'unknown')) return false;
  return runsOf(state, incident).some((one) => isReflex(one) && one.phase !== 'ended');
}

const reflexClasses: Readonly<Record<string, DiagnosisClass>> = {
  crash: 'crash',
  'unexpected-exit': 'crash',
  'unknown-exit': 'crash',
  hang: 'hang',
  stopped: 'stopped',
  'memory-limit': 'oom_killed',
  'port-stolen': 'port_conflict_foreign',
};

/** Why a process that lives may answer nobody, as far as it sits in that process. */
const ownStandstills: ReadonlySet<DiagnosisClass> = new Set([
  'hang',
  'deadlock',
  'event_loop_block',
  'cpu_own_hot_loop',
  'cpu_own_threads',
  'worker_stuck',
  'db_hung',
  'pool_leak',
  'fd_leak',
  'thread_leak',
  'mem_leak',
  'heap_exhausted',
  'bridge_half_open',
]);

/** What a service of this kind that gives no sign of life is called. */
function standsStill({ picture }: LoopState, target: string): DiagnosisClass {
  switch (picture.services.get(target)?.kind) {
    case 'worker':
      return 'worker_stuck';
    case 'database':
      return 'db_hung';
    default:
      return 'hang';
  }
}

/** A restart at once that did not help was not against the cause. */
const helpsMs = 15_000;

function isRefuted({ nowMs }: Turn, { symptoms }: Incident, { startedMs }: Run): boolean {
  return symptoms.length > 0 && nowMs - startedMs > helpsMs;
}

/** The diagnosis that a new one must better; null: none, or only the word of a vain reflex. */
function standingOf(turn: Turn, incident: Incident): Diagnosis | null {
  const { diagnosis } = incident;
  if (diagnosis?.ruleId !== 'reflex') return diagnosis;
  const run = runsOf(turn.state, incident).findLast(isReflex);
  return run !== undefined && isRefuted(turn, incident, run) ? null : diagnosis;
}

/** Who mended it at once saw the cause; by now nothing of it can be seen. */
function toldByReflex(turn: Turn, incident: Incident, found: Finding): Finding | null {
  const { state, nowMs } = turn;
  const run = runsOf(state, incident).findLast(isReflex);
  if (run === undefined || isRefuted(turn, incident, run)) return null;
  // What was examined and is well founded is not outdone by what was seen of one of its victims.
  const { diagnosis } = incident;
  if (diagnosis !== null && diagnosis.ruleId !== 'reflex' && diagnosis.confidence >= sure)
    return null;
  const attempt = run.attempts[0];
  const cause = reflexClasses[attempt?.detail ?? ''];
  if (attempt === undefined || cause === undefined) return null;
  // State T was seen in the kernel's own words; that it ended says little: a better word stands.
  if (cause !== 'stopped' && found.confidence >= sure) return null;
  if (cause === 'crash' && found.class !== 'unknown') return null;
  const { target, detail } = attempt;
  // Why it stood still is more than that it did.
  if (cause === 'hang' && found.target === target && ownStandstills.has(found.class)) return null;
  const words = detail.replaceAll('-', ' ');
  return {
    class: cause === 'hang' ? standsStill(state, target) : cause,
    target,
    confidence: 0.9,
    sentence: `${target} was mended at once: ${words}`,
    for: [{ kind: 'process', text: `the supervisor saw: ${words}`, atMs: nowMs }],
    against: [],
    params: {},
    ruleId: 'reflex',
    affected: incident.affected,
    others: [],
  };
}

/** The symptoms may be gone already (a crash that was mended at once): they still tell the cause. */
function groupOf({ state, nowMs }: Turn, incident: Incident): Group | null {
  const groups = groupSymptoms(state.picture, incident.symptoms, nowMs, [hintOf(incident)]);
  const own = groups.find(({ continues }) => continues === incident.id);
  if (own !== undefined) return own;
  const { id, services, affected, symptoms, root } = incident;
  if (services.length === 0) return null;
  const rootCandidates = [root];
  return { services, affected, symptoms, rootCandidates, continues: id, merges: [] };
}
