/** `why` goes on telling for a while how an earlier run ended, however well the next one lives. */
import type { Explained } from '../collect/observation.ts';

/** Does it tell only of what was before `fromMs`? */
export function isEcho({ evidence }: Explained, fromMs: number): boolean {
  const times = evidence.flatMap(({ atMs }) => atMs ?? []);
  return times.length > 0 && times.every((atMs) => atMs < fromMs);
}
