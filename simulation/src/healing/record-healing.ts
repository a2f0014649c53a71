/** A step that records incidents as the controller does, and hands over each recording that ended. */
import {
  afterStep,
  beforeStep,
  openRecording,
  readRecording,
  type ReadRecording,
  type RecordLine,
} from '@fettle/core/incident/recording';
import type { LoopState } from '@fettle/core/loop-state';
import { stepLoop } from '@fettle/core/loop-step';

export function recordingStep(ended: (recording: ReadRecording) => void): typeof stepLoop {
  let of: LoopState | null = null;
  let recording = openRecording('simulated');
  let lines: string[] = [];
  const hand = (): void => {
    const read = readRecording(lines.map((line) => JSON.parse(line) as RecordLine));
    lines = [];
    if (read !== null) ended(read);
  };
  return (state, event, nowMs) => {
    if (of !== state) {
      // Another life of the controller.
      if (lines.length > 0) hand();
      recording = openRecording('simulated');
      of = state;
    }
    const frozen = beforeStep(recording, event);
    const effects = stepLoop(state, event, nowMs, { snapshots: recording.live === null });
    const written = afterStep(recording, { event: frozen, effects, state, nowMs });
    lines.push(...(written?.lines ?? []));
    if (written?.ended === true) hand();
    return effects.filter(({ kind }) => kind !== 'snapshot');
  };
}
