/**
 * Is a reason one of this state? Reasons are found a moment after the state has changed, so for
 * that moment the last one may be of another state; it is held back then, rather than told wrong.
 */
import type { State } from '@fettle/sdk/api/status';

/** Notes: the process itself serves all the same. */
const notes: ReadonlySet<string> = new Set([
  'config-newer',
  'continued',
  'flapping',
  'optional-missing',
  'port-moved',
  'restarted',
]);
/** Of a run that has not shown anything yet. */
const beginnings: ReadonlySet<string> = new Set(['starting', 'waiting-to-start']);
const ofDependencies = 'affected-by-dependency';
const broken: ReadonlySet<State> = new Set(['failing', 'crash-loop', 'affected']);

function isNote(cause: string): boolean {
  return notes.has(cause);
}

export function fitsState(cause: string, state: State): boolean {
  if (state === 'ok') return isNote(cause);
  if (broken.has(state) && beginnings.has(cause)) return false;
  if (broken.has(state)) return !isNote(cause) || cause === 'flapping';
  return cause !== ofDependencies || state === 'degraded';
}

/** What may be told of a process that serves, before one looks at what it needs. */
export function fitsServing(cause: string): boolean {
  return (isNote(cause) && cause !== 'config-newer') || cause === ofDependencies;
}
