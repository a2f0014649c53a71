/**
 * Is a run that starts getting on? Its start period counts anew while it is: it says something that
 * it did not say before, or it works.
 *
 * The same complaint over and over is no progress, though it makes lines without end, and what it
 * takes to answer our own probes is no work. Otherwise a program that will never serve would look
 * like one that starts slowly, for ten start periods.
 */
import { lineShape, looksLikeError } from '@fettle/core/loop/collect/error-line';

export type StartProgress = Readonly<{
  /** Is there anything new in these lines? */
  says(instance: string, lines: readonly string[]): boolean;
  /** `ticks` of CPU (10 ms each) since its start: was it at work since it was asked last? */
  works(instance: string, ticks: number, nowMs: number): boolean;
  forget(instance: string): void;
}>;

type Told = { said: string[]; ticks: number; atMs: number | null };

/** So many of its last lines are remembered. */
const remembered = 20;
/** A twentieth of a core; answering a probe or two a second takes a tenth of that. */
const ticksPerS = 5;
const leastMs = 1_000;

export function openStartProgress(): StartProgress {
  const instances = new Map<string, Told>();
  const of = (instance: string): Told => {
    const known = instances.get(instance) ?? { said: [], ticks: 0, atMs: null };
    instances.set(instance, known);
    return known;
  };
  return {
    says(instance, lines) {
      const told = of(instance);
      let isNew = false;
      for (const line of lines) {
        const text = wordingOf(line);
        if (told.said.includes(text)) continue;
        isNew = true;
        told.said.push(text);
        if (told.said.length > remembered) told.said.shift();
      }
      return isNew;
    },
    works(instance, ticks, nowMs) {
      const told = of(instance);
      const { atMs, ticks: before } = told;
      if (atMs !== null && nowMs - atMs < leastMs) return false;
      told.ticks = ticks;
      told.atMs = nowMs;
      return atMs !== null && ticks - before >= (ticksPerS * (nowMs - atMs)) / 1_000;
    },
    forget: (instance) => void instances.delete(instance),
  };
}

const times =
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?|\b1\d{9}(?:\d{3})?(?:\.\d+)?\b/g;

/** Of a complaint not even the numbers count: `attempt 7` is no more progress than `attempt 6`. */
function wordingOf(line: string): string {
  const text = line.slice(0, 400).replace(times, '');
  return looksLikeError(text) ? lineShape(text) : text;
}
