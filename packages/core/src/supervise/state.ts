/**
 * What the policy remembers between two events. Mutable, owned by `step`; everybody else reads it
 * through `views.ts`.
 */
import type { Service } from '../stack/service.ts';

/** Both clocks, read once per event. `nowMs` monotonic (durations), `atMs` wall (stamps). */
export type At = Readonly<{ nowMs: number; atMs: number }>;

export type SuperviseOptions = Readonly<{
  /** Absolute path of `.fettle`; spool paths are built from it. */
  stateDir: string;
  /** Our own services (names start with `@`), in every stack whatever is applied. */
  internal: readonly Service[];
  /** FETTLE_URL while `@controller` has no port of its own to build it from. */
  fettleUrl: string | null;
}>;

export type SuperviseState = {
  readonly options: SuperviseOptions;
};

export function createState(options: SuperviseOptions): SuperviseState {
  return { options };
}
