/**
 * Is what still shows only the echo of what was cured? Windows of detectors reach back before the
 * act; new symptoms, or old ones that outlast the echo, are trouble again.
 */
import { isReflex } from '../loop/remedy/run.ts';
import { runsOf, type Turn } from '../loop-state.ts';
import type { Incident } from './incident.ts';

/** The longest window that a symptom's sign looks back over. */
const echoMs = 90_000;

export function isCured({ state, nowMs }: Turn, incident: Incident): boolean {
  const ended = runsOf(state, incident).filter(({ phase }) => phase === 'ended');
  // A neighbour that was restarted at once in the meantime takes nothing back.
  const outcome = (ended.findLast((run) => !isReflex(run)) ?? ended.at(-1))?.outcome;
  if (outcome?.kind !== 'fixed' || nowMs - outcome.atMs > echoMs) return false;
  return incident.symptoms.every(({ sinceMs }) => sinceMs <= outcome.atMs);
}
