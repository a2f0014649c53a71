/** Reads the policy's state for others: snapshots, and what a request may name. */
import type { InstanceView } from './instance-view.ts';
import type { SuperviseState } from './state.ts';

/** Every instance, internal ones included, in order of the file. */
export function instanceViews(state: SuperviseState): readonly InstanceView[] {
  void state;
  return [];
}

/** True from `down` until the daemon ends. */
export function isGoingDown(state: SuperviseState): boolean {
  void state;
  return false;
}

/** Names in a request that the stack does not have; the shell answers those with an error. */
export function unknownServices(
  state: SuperviseState,
  services: readonly string[],
): readonly string[] {
  void state;
  void services;
  return [];
}
