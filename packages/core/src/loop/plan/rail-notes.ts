/** The writers of the rails: each notes one thing that happened, in place, and keeps lists short. */
import { isTalk } from './autonomy.ts';
import type { Result } from '../../knowledge/odds.ts';
import type { Change } from '../collect/change.ts';
import type { Observation } from '../collect/observation.ts';
import type { Policy } from './policy.ts';
import type { Fires, Hold, Pause, RailRun, Rails } from './rails.ts';

const longestRuns = 300;
/** Acts, commands and blocks older than this stop nothing any more. */
const forgetMs = 86_400_000;
/** A deploy that never said it ended is over by now. */
const longestDeployMs = 3_600_000;
/** A runbook that fires in vain this often, after so many runs, only suggests. */
const falseFire = { runs: 10, ratio: 0.1 } as const;

export function notePause(rails: Rails, pause: Pause): void {
  rails.pauses = [...rails.pauses.filter(({ service }) => service !== pause.service), pause];
}

/** `service` null: the whole loop, and the emergency stop with it. */
export function noteResume(rails: Rails, service: string | null): void {
  rails.pauses = rails.pauses.filter((pause) => pause.service !== service);
  if (service === null) {
    rails.stopped = null;
    rails.frozenUntilMs = 0;
  }
}

export function noteEmergencyStop(rails: Rails, by: string, nowMs: number): void {
  rails.stopped = { atMs: nowMs, by };
}

export function noteFreeze(rails: Rails, untilMs: number): void {
  rails.frozenUntilMs = untilMs;
}

/** A run is planned: it holds its targets from now on, also while a person is asked. */
export function noteHold(rails: Rails, hold: Hold): void {
  rails.holds = [...rails.holds.filter(({ runId }) => runId !== hold.runId), hold];
}

/** It will not run: refused, or its time to be approved is over. */
export function noteRelease(rails: Rails, runId: string): void {
  rails.holds = rails.holds.filter((hold) => hold.runId !== runId);
}

/** A run begins to act. */
export function noteBegin(rails: Rails, hold: Hold, step: string): void {
  const { runId, runbook, dedupe, sinceMs } = hold;
  noteHold(rails, hold);
  const begun = { runId, runbook, dedupe, step, startedMs: sinceMs };
  const run: RailRun = { ...begun, endedMs: null, result: null, touched: false };
  rails.runs = [...rails.runs.filter((one) => one.runId !== runId), run].slice(-longestRuns);
}

/** One act of ours: until its dust has settled, symptoms there are our doing. Talk is no act. */
export function noteAct(
  rails: Rails,
  act: Readonly<{ targets: readonly string[]; runId: string; action: string }>,
  nowMs: number,
): void {
  if (isTalk(act.action)) return;
  const run = rails.runs.find(({ runId }) => runId === act.runId);
  if (run !== undefined) run.touched = true;
  for (const target of act.targets)
    rails.acts[target] = { atMs: nowMs, runId: act.runId, action: act.action };
  for (const [target, { atMs }] of Object.entries(rails.acts))
    if (nowMs - atMs > forgetMs) delete rails.acts[target];
}

/** A run ended; failures in a row block the pair for a while. */
export function noteOutcome(
  rails: Rails,
  outcome: Readonly<{ runId: string; result: Result }>,
  { policy, nowMs }: Readonly<{ policy: Policy; nowMs: number }>,
): void {
  noteRelease(rails, outcome.runId);
  const run = rails.runs.find(({ runId }) => runId === outcome.runId);
  if (run === undefined) return;
  run.endedMs ??= nowMs;
  run.result = outcome.result;
  rails.blocks = rails.blocks.filter((block) => block.untilMs > nowMs);
  const { runbook, dedupe } = run;
  const last = rails.runs
    .filter((one) => one.runbook === runbook && one.dedupe === dedupe && isVerdict(one.result))
    .slice(-policy.block.failures);
  if (last.length < policy.block.failures || last.some(({ result }) => result === 'fixed')) return;
  const reason = `${runbook} failed ${last.length} times in a row`;
  const untilMs = nowMs + policy.block.forMs;
  rails.blocks = [
    ...rails.blocks.filter((one) => one.runbook !== runbook || one.dedupe !== dedupe),
    { runbook, dedupe, untilMs, reason },
  ];
}

/** What tells nothing of the runbook counts neither way. */
function isVerdict(result: Result | null): boolean {
  return result !== null && result !== 'aborted' && result !== 'unknown';
}

/** A runbook ran. */
export function noteFire(rails: Rails, runbook: string): void {
  firesOf(rails, runbook).runs += 1;
}

/** It had run for nothing: there was nothing to mend, or a person calls the diagnosis wrong. */
export function noteFalseFire(rails: Rails, runbook: string, nowMs: number): void {
  const fires = firesOf(rails, runbook);
  fires.falseFires = Math.min(fires.runs, fires.falseFires + 1);
  const share = fires.falseFires / Math.max(1, fires.runs);
  if (fires.runs >= falseFire.runs && share > falseFire.ratio) fires.disabledMs ??= nowMs;
}

function firesOf(rails: Rails, runbook: string): Fires {
  return (rails.fires[runbook] ??= { runs: 0, falseFires: 0, disabledMs: null });
}

/** A person trusts it again: counting starts anew. */
export function noteTrust(rails: Rails, runbook: string): void {
  delete rails.fires[runbook];
}

/** An operator's command through Fettle. */
export function noteCommand(
  rails: Rails,
  command: Readonly<{ service: string; text: string }>,
  nowMs: number,
): void {
  rails.manual[command.service] = { atMs: nowMs, text: command.text };
  for (const [service, { atMs }] of Object.entries(rails.manual))
    if (nowMs - atMs > forgetMs) delete rails.manual[service];
}

const byHand = new Set(['config', 'file', 'secret', 'deploy', 'flag', 'scale']);

/** What a person did, of all that is observed; true: it was noted. */
export function noteObservation(rails: Rails, observation: Observation): boolean {
  if (observation.kind === 'intended') {
    const { service, want, atMs } = observation;
    noteCommand(rails, { service, text: `asked for ${want}` }, atMs);
    return true;
  }
  return observation.kind === 'changed' && noteChange(rails, observation.change);
}

/** A row of the change ledger: what was not our own doing was a person's. */
function noteChange(rails: Rails, change: Change): boolean {
  if (change.service === null || change.actor === 'fettle' || !byHand.has(change.kind))
    return false;
  noteCommand(rails, { service: change.service, text: change.text }, change.atMs);
  return true;
}

export function noteDeploy(
  rails: Rails,
  { service, open }: Readonly<{ service: string; open: boolean }>,
  nowMs: number,
): void {
  if (open) rails.deploys[service] = nowMs;
  else delete rails.deploys[service];
  for (const [name, sinceMs] of Object.entries(rails.deploys))
    if (nowMs - sinceMs > longestDeployMs) delete rails.deploys[name];
}
