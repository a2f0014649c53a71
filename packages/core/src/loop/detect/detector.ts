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
  flag: 'error_detection' | 'performance_monitoring' | 'pattern_analysis' | 'prediction';
  detect(picture: Picture, nowMs: number): readonly Sign[];
}>;
