/**
 * The loop as it was before it opened an incident. Only the book of symptoms is copied at each
 * thought: until it gathers, thinking writes nothing else that counts (what is usual of a series is
 * worked out of the same figures again).
 */
import type { SymptomBook } from '../loop/detect/detect.ts';
import type { LoopEvent } from '../loop-event.ts';
import type { LoopState } from '../loop-state.ts';
import { freezeLoop } from './freeze.ts';
import type { Frozen } from './frozen.ts';
import { cleanerOf } from './clean.ts';

export function beforeThought(state: LoopState): LoopState {
  return { ...state, book: copyOf(state.book) };
}

/** `before` still shares all but the book with the loop that thinks. */
export function freezeBefore(before: LoopState): Frozen {
  // Whatever comes first makes it think, as it did then.
  return freezeLoop({ ...before, thoughtMs: 0 }, cleanerOf(before.picture.stack));
}

/** What a recording that begins with such a snapshot begins with: it thinks. */
export const thought: LoopEvent = { kind: 'observed', observations: [] };

function copyOf(book: SymptomBook): SymptomBook {
  return {
    ...book,
    open: new Map([...book.open].map(([key, open]) => [key, { ...open }])),
    restUntilMs: new Map(book.restUntilMs),
    said: new Map(book.said),
    broken: new Map(book.broken),
  };
}
