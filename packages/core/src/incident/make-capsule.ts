/** Makes the capsule of one incident from the recording that it is in. */
import type { Run } from '../loop/remedy/run.ts';
import { capsuleSchema, type Capsule } from './capsule.ts';
import { cleanerOf } from './clean.ts';
import { thawLoop } from './freeze.ts';
import { freeze } from './frozen.ts';
import type { Incident } from './incident.ts';
import type { ReadRecording } from './recording.ts';

export type CapsuleSource = Readonly<{
  recording: ReadRecording;
  /** What to say of a recording that has no end. */
  unended: string;
  incident: Incident;
  runs: readonly Run[];
}>;

export function makeCapsule({ recording, unended, incident, runs }: CapsuleSource): Capsule {
  const { head, state, events, incidents, truncated } = recording;
  const stack = thawLoop(state).state?.picture.stack ?? null;
  const clean = cleanerOf(stack);
  return {
    schema: capsuleSchema,
    engine: head.engine,
    incident: incident.id,
    incidents,
    begins: head.begins,
    truncated: truncated === undefined ? unended : truncated,
    state,
    events,
    was: { incident: freeze(incident, clean), runs: freeze(runs, clean) },
  };
}
