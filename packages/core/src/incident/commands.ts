/** What people tell the loop: pause, approve, acknowledge, note, run. */
import { rememberIncident, runsOf, type Turn } from '../loop-state.ts';
import type { LoopCommand } from '../loop-event.ts';
import {
  noteEmergencyStop,
  noteFalseFire,
  noteFreeze,
  notePause,
  noteResume,
} from '../loop/plan/rail-notes.ts';
import { isReflex } from '../loop/remedy/run.ts';
import { close } from './gather.ts';
import { approveRun, rejectRun, stopRuns } from './follow.ts';
import type { Incident } from './incident.ts';
import { hearVerdict } from './learn.ts';
import { runByHand } from './run-by-hand.ts';
import { tell } from './timeline.ts';

export function obey(turn: Turn, command: LoopCommand, actor: string): void {
  const { state, nowMs } = turn;
  switch (command.kind) {
    case 'pause':
      notePause(state.rails, { service: command.service, untilMs: command.untilMs, by: actor });
      return say(
        turn,
        `${actor} paused healing${command.service === null ? '' : ` of ${command.service}`}`,
      );
    case 'resume':
      noteResume(state.rails, command.service);
      return say(
        turn,
        `${actor} resumed healing${command.service === null ? '' : ` of ${command.service}`}`,
      );
    case 'emergency-stop':
      noteEmergencyStop(state.rails, actor, nowMs);
      stopRuns(turn, `emergency stop by ${actor}`);
      return say(turn, `${actor} stopped all healing: emergency stop`);
    case 'freeze':
      noteFreeze(state.rails, command.untilMs);
      return say(turn, `${actor} froze changes`);
    case 'approve':
      return approveRun(turn, command.runId, actor);
    case 'reject':
      return rejectRun(turn, command.runId, command.reason, actor);
    case 'run':
      return runByHand(turn, command, actor);
    default:
      return onIncident(turn, command, actor);
  }
}

type OnIncident = Extract<LoopCommand, Readonly<{ incidentId: string }>>;

function onIncident(turn: Turn, command: OnIncident, actor: string): void {
  const { state, nowMs } = turn;
  const incident = state.incidents.get(command.incidentId);
  if (incident === undefined) return;
  switch (command.kind) {
    case 'acknowledge':
      incident.acknowledgedBy = actor;
      tell(incident, { atMs: nowMs, kind: 'person', text: `${actor} acknowledged it` });
      break;
    case 'resolve':
      if (incident.state !== 'resolved') close(turn, incident, actor);
      break;
    case 'note':
      incident.notes.push({ atMs: nowMs, by: actor, text: command.text });
      tell(incident, { atMs: nowMs, kind: 'person', text: `${actor}: ${command.text}` });
      break;
    case 'judge':
      incident.verdict = command.verdict;
      if (command.verdict === 'wrong') blameRunbooks(turn, incident);
      if (incident.diagnosis !== null) hearVerdict(state, incident.diagnosis, command.verdict);
      tell(incident, {
        atMs: nowMs,
        kind: 'person',
        text: `${actor} says the cause is ${command.verdict}`,
      });
      break;
    case 'add-manual-step':
    case 'finish-manual-step':
      manualStep(incident, command, nowMs, actor);
      break;
    default:
      command satisfies never;
  }
  rememberIncident(state, incident);
}

/** A wrong diagnosis made its runbooks run for nothing. */
function blameRunbooks({ state, nowMs }: Turn, incident: Incident): void {
  for (const run of runsOf(state, incident))
    if (run.outcome !== null && !isReflex(run)) noteFalseFire(state.rails, run.plan.runbook, nowMs);
  state.changed.add('rail:rails');
}

function manualStep(
  incident: Incident,
  command: Extract<LoopCommand, Readonly<{ kind: 'add-manual-step' | 'finish-manual-step' }>>,
  nowMs: number,
  actor: string,
): void {
  if (command.kind === 'add-manual-step') {
    const { text, owner, deadlineMs } = command;
    const id = `${incident.id}-${incident.manualSteps.length + 1}`;
    incident.manualSteps.push({ id, text, owner, deadlineMs, doneMs: null });
    return tell(incident, { atMs: nowMs, kind: 'person', text: `to do by a person: ${text}` });
  }
  const step = incident.manualSteps.find(({ id }) => id === command.stepId);
  if (step === undefined) return;
  step.doneMs = nowMs;
  tell(incident, { atMs: nowMs, kind: 'person', text: `${actor} did: ${step.text}` });
}

/** Pauses and stops must outlive a crash: the rails are kept at once. */
function say({ state, effects }: Turn, text: string): void {
  state.changed.add('rail:rails');
  const common = { topic: 'healing.control', severity: 'warn', service: null, data: {} } as const;
  effects.push({ kind: 'tell', ...common, text });
}
