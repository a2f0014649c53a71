/**
 * The contract of a detector: looks at the picture and says what is wrong now.
 *
 * A detector is a pure function. It reports what holds at this moment; that a symptom goes on, ends
 * or is forgiven is decided in `detect.ts` by the keys. A new one is a file in `detectors/`, its
 * test, and a line in `detectors/all.ts`.
 */
import type { Picture } from '../collect/picture.ts';
import type { Symptom } from './symptom.ts';

export type Sign = Omit<Symptom, 'id' | 'atMs' | 'causedBy'>;

export type Detector = Readonly<{
  /** Stable: `exit`, `threshold`, `forecast-memory`. */
  id: string;
  /** The flag that switches it, of `self_healing.*`. */
  flag: DetectorFlag;
  /** How often it is worth asking; what it said last holds in between. Absent: every time. */
  everyMs?: number;
  /** A symptom ends when its sign was away for this long. Absent: 2 s. */
  clearMs?: number;
  /** After its end the same symptom does not begin again for this long. Absent: 0. */
  refractoryMs?: number;
  detect(picture: Picture, nowMs: number): readonly Sign[];
}>;

export type DetectorFlag =
  | 'error_detection'
  | 'performance_monitoring'
  | 'pattern_analysis'
  | 'prediction';
