/** Makes the capsule of one incident from the recording that it is in. */
import type { Run } from '../loop/remedy/run.ts';
import { capsuleSchema, type Capsule } from './capsule.ts';
import { freeze, type Clean } from './frozen.ts';
import type { Incident } from './incident.ts';
import type { ReadRecording } from './recording.ts';

export type CapsuleSource = Readonly<{
  recording: ReadRecording;
  /** What to say of a recording that has no end. */
  unended: string;
  incident: Incident;
  runs: readonly Run[];
  /** Of the stack as it is, whose secrets are known. */
  clean: Clean;
}>;

export function makeCapsule({ recording, unended, incident, runs, clean }: CapsuleSource): Capsule {
  const { head, state, events, incidents, truncated } = recording;
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
