/**
 * An exact snapshot of the loop as plain JSON, and the loop as it was then: the same events give
 * the same effects. What a capsule of an incident begins with.
 */
import { constraintDetector } from '../loop/detect/constraints.ts';
import { detectors } from '../loop/detect/detectors/all.ts';
import { openLoop, type LoopState } from '../loop-state.ts';
import { asItIs, freeze, thaw, type Clean, type Fault, type Frozen } from './frozen.ts';

export function freezeLoop(state: LoopState, clean: Clean = asItIs): Frozen {
  return freeze(state, clean);
}

/** Of figures, before they are written; more would hold the loop up. */
const mostFigureBytes = 24 * 1_048_576;

/** Would a snapshot hold up the loop that it is taken of? Hundreds of services after days. */
export function isTooLarge({ picture }: LoopState): boolean {
  let bytes = 0;
  for (const ofSubject of picture.series.dump().all.values())
    for (const { fine, medium, coarse } of ofSubject.values())
      bytes += fine.values.byteLength + medium.values.byteLength + coarse.values.byteLength;
  return bytes > mostFigureBytes;
}

export type ThawedLoop =
  | Readonly<{ state: LoopState; fault: null }>
  | Readonly<{ state: null; fault: Fault }>;

/** Of an open symptom only how it ends matters, not how it is judged. */
const ofConstraints = constraintDetector(new Map(), () => null);

export function thawLoop(frozen: Frozen): ThawedLoop {
  const { value, fault } = thaw(frozen, 'state', [...detectors, ofConstraints]);
  if (fault !== null) return { state: null, fault };
  const wrong = misfit(openLoop(0), value, 'state');
  if (wrong !== null) return { state: null, fault: { at: wrong, message: 'is damaged' } };
  return { state: value as LoopState, fault: null };
}

/** The first place where it is of another kind than an empty loop; null: none. */
function misfit(model: unknown, value: unknown, at: string): string | null {
  if (model === null || value === null) return model === value || model === null ? null : at;
  if (typeof model !== typeof value) return at;
  if (typeof model !== 'object' || typeof value !== 'object') return null;
  if (isCollection(model) || isCollection(value))
    return Object.getPrototypeOf(model) === Object.getPrototypeOf(value) ? null : at;
  for (const [name, part] of Object.entries(model)) {
    const own = (value as Readonly<Record<string, unknown>>)[name];
    // Open records such as `autonomyOf` have no fixed fields.
    const wrong = misfit(part, own, `${at}.${name}`);
    if (wrong !== null) return wrong;
  }
  return null;
}

function isCollection(value: object): boolean {
  return Array.isArray(value) || value instanceof Map || value instanceof Set;
}
