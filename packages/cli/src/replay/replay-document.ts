/** What a replay found, as `fettle replay --json` prints it. */
import type { SealedCapsule } from '@fettle/controller/loop/seal-capsule';
import type { Replay } from '@fettle/core/incident/replay';
import { cliVersion } from '../version.ts';

export type ReplayDocument = Readonly<{
  schema: 'fettle.replay/v1';
  incident: string;
  /** The engine that decided then, and the one that decides now. */
  engine: Readonly<{ was: string; now: string }>;
  begins: SealedCapsule['begins'];
  truncated: string | null;
  events: number;
  /** File that was put in force; null: all as it was. */
  with: string | null;
}> &
  Replay;

export function replayDocument(
  capsule: SealedCapsule,
  again: Replay,
  other: string | null,
): ReplayDocument {
  const { incident, engine, begins, truncated, events } = capsule;
  return {
    schema: 'fettle.replay/v1',
    incident,
    engine: { was: engine, now: cliVersion },
    begins,
    truncated,
    events: events.length,
    with: other,
    ...again,
  };
}
